"""Ways to ask about a story that was told: see ways.py.

Of each question there are those that any question may be put in (about), and its own.
"""

import re

# What a clause follows, and ends with a point or with a question mark.
SAY = (
    "[Tell me|Please tell me|Say|Please say|Now tell me|Tell us|Let me know|Remind me|Just say|[I want|I need|I have|We want|I would like|I'd like] to know|I wonder|I am curious|I [forgot|have forgotten]|I [do not"
    "|don't] [know|remember|recall|see]|I [missed|did not get|did not hear]|My [son|daughter|class|friend|little brother|pupil] [wants to know|asks|would like to know]|The [children|kids] [ask|want to know]"
    "|It is not clear to me|Write|Write down|State|Find out|Look up]")
ASK = (
    "[[Can|Could|Would|Will] you [please |]tell me|Do you [know|remember|recall]|[Can|Could] you [say|remember|remind me|find out]|[Do|Did] we [know|hear|learn|read]|Does [the story|it|the text] [say|tell]|Are we told"
    "|Did you [say|tell me]|May I [know|ask]|Any idea|Is it [known|clear|said]|Would you mind telling me|Have you [said|told me]|Would you be so kind and say]")
# What stands before a question, and behind one.
LEAD = (
    "[|In [the|this|your|that] story[,|:] |Here, |So |And |So, |But |Then |Now |Ok, |Please, |Question: |[Quick|Short|Easy|Next|Small] question: |A question about [the story|it]: |I have a question: |Let me ask: "
    "|Tell me one thing: |Tell me this: |First, |Say, |And now: |Wait, |Sorry, |Hm, |Well, |Come on, |Hey you, |No long talk: |From the story: |Think back: |And |Just [one question|this]: |My [son|daughter] asks: "
    "|The teacher asks: |What I want to know: |q: ]")
TAG = "[|||, please|, [do you|can you|could you] [know|say|tell]|, by the way| then| again| exactly| in the [story|tale|text]| in [your|this|that] story|, tell me|, my friend| actually|, if I may ask|, as you told it]"
CONTEXT = (
    "[I [read|have read|heard|like|love] [the|this|your] story.|[Nice|Good|Lovely|Great|Fine] [story|one|tale][!|.]|That was [nice|good|lovely|short].|Thanks!|I was not listening.|I was away.|My [son|daughter"
    "|friend] has a question.|We [do|have|make] a quiz.|Quiz time!|Now a test.|Reading test.|Let us see what you [remember|know].|I did not understand it all.|I am [lost|confused|not sure].|This is for [my class|school"
    "|a test].|[Go back to|Think of|Look at] the story[| again].|There is [one thing|something] I want to know.|Ok, thank you.|A short answer, please.|Answer in one sentence.|One more thing."
    "|Let us talk about the story.|Help me with [this|a question].|Be honest.|I read too fast.|We read this at school.] ")
AFTER = (
    "[Just tell me.|Answer me.|I forgot[| it].|I have no idea.|I can not remember.|Please answer.|Please [say it|tell me].|[One sentence|A short answer|An answer], please.|Give me the answer.|I need [it"
    "|this] for school.|My [son|daughter] asks.|Tell me [quickly|now].|[Think of|Look in|It is in] the story.|I want to know[| it].|Thanks!|Thank you.|I am curious.|Say it in [one|a] sentence.|I did not get it."
    "|Answer briefly.|It was in your story.|You must know it.]")


def about(direct, clause=None, *more):
    """Ways around a question that begins with a small letter, and a clause that asks the same."""
    clause = clause or direct
    first = direct[0].upper() + direct[1:]
    return (
        f"{SAY} {clause}.", f"{ASK} {clause}?", f"{LEAD}{direct}?", f"{LEAD}{direct}{TAG}?", f"{first}?", f"{CONTEXT}{first}?", f"{first}? {AFTER}", f"{CONTEXT}{SAY} {clause}.") + more


def mirrored(ways):
    """With the two who swap their things, and these, in each other's place."""
    return tuple(re.sub(r"\{([cfnm])\}", lambda found: "{" + "fcmn"["cfnm".index(found[1])] + "}", way) for way in ways)


COMMON = {
    "Who helped {c}?": about(
        "who [helped|did help|came to help|gave help to|was the one to help|was the helper of|gave a hand to|stood by|was of help to|lent a hand to|came to the aid of|was so kind to help] {c}", None,
        "[Give me the name of|Write down the name of|Name|Point out|Find|Show me|I want the name of] the [one|person] who [helped|came to help|gave help to|was there for|was kind to] {c}[| in the story].",
        "{c} needed [help|someone|a hand]. Who [gave it|came|was there|helped|did something|made things better]?", "{c} got help from [whom|who|which person]?",
        "{c} was not alone. [Who helped|Whose help was it|Who was there to help]?", "[helper|Helper|the helper|name of the helper|The name of the helper] of {c}[?|]", "{c}'s helper[: who was it?|: the name?|, please|?]",
        "Whose help did {c} [get|have|take|receive|find]?", "Was there [anyone|anybody|someone|somebody] [who helped|to help|who came to help|who was kind to|who gave a hand to] {c}?",
        "Did [anybody|someone|somebody] [help {c}|come to help {c}|give {c} a hand|do something for {c}|come to the aid of {c}]?", "From [whom|which person] did [the help for {c}|help for {c}|the help] come?",
        "Without whom would {c} [still be in trouble|not have done it|have been alone|have had no help]?", "[Whom [can|should|must] {c} thank|Who should get a thank you from {c}|To whom must {c} say thank you]?",
        "Fill in the [blank|gap]: [...|___|X] helped {c}.", "[Someone|Somebody] [helped|came and helped|gave a hand to|was good to] {c}. [Who|Who was it|But who|Do you know who|Which one]?",
        "The story has [a helper|someone who helps]. Who [is|was] it?", "{c} has to thank someone. [Who was it that helped|Who helped|Who was the helper]?",
        "The one who [helped|gave help to|stood by] {c}: [who was it|who|what name]?", "With whose help did {c} [do it|make it|get through it]?", "Who, in [the|this|your] story, [helped|came to help|gave help to] {c}?",
        "Helping {c}: who [did it|did that|was it]?"),
    "Where was {c}?": about(
        "where [was {c}|did [it all|this|all this|that|the story] [happen|take place]|could one find {c}|did {c} stay|do we find {c}|did we see {c}]",
        "where [{c} was|[it all|all this|the story] [happened|took place]|one could find {c}|{c} could be found|{c} stayed|we find {c}|the story is set]", "{c} was at [what|which] place?",
        "The place where {c} was[:| -] [which|what|which one|where]?", "[Name|Give me|Give|Say|Show me|Write down] the place [where {c} was|where [it|the story|all this] happened|of the story|{c} was at].",
        "What is the [setting|place|scene] of [the|this|your] story?", "[setting|place|scene] of the story[?|]", "[place of|where is|whereabouts of] {c}[?|]",
        "What [place|spot|part of the world] was {c} [at|in] [that day|when it happened|when all this happened|in the story]?", "[On that day|That day|On the day of the story], where was {c}?",
        "{c} was [somewhere|at some place]. Where[| was that| exactly]?", "[If I look|If I want to look|If one looks] for {c}, where [must|should|do] I go?",
        "Where [would|could|can] I [meet|find|see|look for] {c} in [the|this|your] story?", "I [look|am looking] for {c}. Where [in the story |]was {c}?", "Where [exactly |]did the story of {c} [happen|take place|play]?",
        "[Whereabouts|Where about|Where then|So where] was {c}?", "What place [does|did] [the|this|your] story [take us to|happen at|bring us to]?", "Was {c} at home or [somewhere else|at some other place]? Where?",
        "Fill in the [blank|gap]: {c} was [...|___.|X.]", "The story of {c} [took place|happened] where?", "[Home, school, forest|Here, there, at sea|House, street, field]: where was {c}?"),
    "Where did {c} go?": about(
        "where did {c} [go|go to|walk|walk to|head|travel to|go that day|make a trip to|set out for|turn up]", "where {c} [went|went to|walked|was going|headed|went that day|wanted to be|made a trip to|set out for]",
        "{c} [set out|left home|went out|left the house|started to walk]. [Where to|To where|What place did {c} go to]?", "{c} went [to what place|to where|somewhere. Where|out. Where to|away, but where]?",
        "[Name|Give me|Give|Say|Show me|Write down|Find] the place [that {c} went to|{c} went to|where {c} went|{c} visited|that was visited by {c}|{c} set out for].",
        "What [place|spot] did {c} [visit|walk to|head for|get to|come to|choose|go and see]?", "[So where|And where|Where then] was {c} [going to|off to|headed|on the way to]?",
        "[So|And] what was the [goal|end|aim] of {c}'s [walk|way|trip]?", "{c}'s [trip|walk|way|visit] led [where|to what place]?", "[goal of {c}|trip of {c}|way of {c}]: where to?",
        "Where did {c} [want to spend the day|spend the day|arrive|end up|show up|go on that day]?", "[One|That] day {c} went [somewhere|out|away from home]. Where[| to| was it| did {c} go]?",
        "Did {c} go [anywhere|somewhere|out|any place]?", "[Where|Where to] did [the way|the road] take {c}?", "Fill in the [blank|gap]: {c} went to [...|___.|X.]", "{c} visited [what|which place|what place]?",
        "What place [saw|got] a visit [by|from|of] {c}?", "Following {c}, where [do|would] we [go|get to|come to|arrive]?", "We follow {c}. Where do we [go|get to|come to|arrive]?", "[destination|goal|target] of {c}[?|]"),
    "What did {c} have?": about(
        "what [did {c} [own|possess|keep|love|carry|have with it all|play with|take along|bring]|[belonged to|was with|was dear to] {c}|sort of thing did {c} have|object did {c} have|kind of thing did {c} own]",
        "what [belonged to {c}|was dear to {c}|object belonged to {c}|sort of thing was with {c}|kind of thing was {c}'s]", "{c} had something. [What|What was it|Which thing|What thing]?",
        "{c} [owned|had|carried|loved|possessed] [what|which thing|what thing]?",
        "[Name|Describe|Give me|Find|Point out|Show me] the [thing|object|item] [that {c} owned|of {c}'s|which belonged to {c}|that was {c}'s|{c} liked so much|in {c}'s hands].",
        "There was a thing that {c} [had|owned|loved]. [What was it|Which one|Name it|What thing]?", "[thing|object|item|property|belongings] of {c}[?|]", "{c}'s [thing|object|item|property][?|: what was it?|, please]",
        "What [object|item|good thing] [was in the hands of {c}|was {c} the owner of|did {c} get to have]?", "Did {c} have [anything|something|any thing]?", "[If|As] {c} had something, what was it?",
        "With what did {c} [play|go out|come]?", "What [did|would] we [find|see] in {c}'s hands?", "Of all things, what did {c} have?", "Fill in the [blank|gap]: {c} had [...|___.|X.]", "{c} is the owner of what?",
        "The story is about {c} and [what|which thing|what thing]?", "{c} and what thing [are|is] [in the story|the story about]?", "[Besides|Apart from|Next to] {c} there is a thing in the story. [What is it|Which]?",
        "I know {c}, but what did {c} have?"),
    "Who had the {n}?": about(
        "who [had|was there with|came with|was the one with|was the one who had|in the story was with] [the {n}|{ao}|the {o}]", None, "{ao}: who had [it|that|such a thing]?",
        "[There was|I see|I read of|The story tells of] {ao}. Who [had it|was the one who had it|had this {n}]?", "The {n} was in the hands of [whom|who]?", "In whose hands was the {n}[| at first]?",
        "With [whom|which person] was the {n}?", "[Name|Point out|Find|Give me the name of|Say the name of|Show me] the [one|person|child] [with the {n}|who had the {n}|that had {ao}|with {ao}|who had {ao}].",
        "The {n} was with [whom|who]?", "The [one|person|child] with the {n}: [who was it|who|what name]?", "[name of the one with|person with|the one with] the {n}[?|]",
        "Did [anyone|somebody|someone|anybody] [in the story |]have {ao}?", "Was there [anyone|someone|somebody] [who had|with] {ao}?",
        "[Someone|Somebody|A child|One child] had {ao}. [Who|Who was it|But who|What was the name]?", "[I look for|I am looking for|Let me see] the [one|child] who had the {n}. Who [is|was] it?",
        "Fill in the [blank|gap]: [...|___|X] had the {n}.", "Who, in [the|this|your] story, had [the {n}|{ao}]?", "{ao} [is|was] in the story. Who had it?", "Having {ao}: who [did|was it]?",
        "At the [start|beginning] there was {ao}. [Who had it|With whom]?", "Let me know [the name of the one with the {n}|who had that {n}]."),
    "Whose {n} was it?": about(
        "whose [{n} was it|was the [{n}|{o}]|{n} [was this|was that|are we talking about|is the story about|does the story tell of]|property was the {n}|thing was the {n}]",
        "whose [{n} it was|{n} this is|{n} that was|the {n} was|property the {n} was|thing the {n} was]", "The {n} was whose[| property| thing]?", "The {n} belonged to [who|which child|which person]?",
        "[owner|Owner|rightful owner|the owner] of the {n}[?|]", "[Name|Tell me|Find|Give me the name of|Who is|I want to know] the [rightful |real |]owner of the {n}.",
        "Who [was|is] the [rightful owner|real owner|true owner|owner] of the [{n}|{o}]?", "Who could say \"my {n}\"?", "Who was able to say: \"The {n} is mine\"?", "The {o}: whose was it?",
        "[I found|Here is|There is|Look, here is] {ao}. Whose is it?", "The {n} must have an owner. [Who is it|Who|Which one]?", "Did the {n} [belong to anyone|belong to someone|have an owner]?",
        "To which [person|child|one in the story] does the {n} belong?", "If I have to give the {n} back, who does it belong to?", "The {n} was not mine. Whose[| {n}] was it[| then]?",
        "Is the {n} yours? [If not, whose|Or whose|No? Whose then]?", "Fill in the [blank|gap]: It was [...|___|X]'s {n}.", "What name [is|should be] on the {n}[?|? Whose is it?|? Who owns it?]",
        "[The owner of the {n} is whom|The {n} has which owner|The {n} was owned by whom]?"),
    "How did the {n} look?": about(
        "what [did the {n} look like|look did the {n} have|colour or [size|look] was the {n}|sort of {n} was [it|this|that]|word tells of the {n}|type of {n} did we read of|do we know about the look of the {n}]",
        "what [the {n}'s look was|look the {n} had|sort of {n} it was|type of {n} it was|kind of {n} was in the story|the look of the {n} was]",
        "[Describe|Give a description of|Paint me a picture of|Draw in words] the {n}[| in one word| in a word| in the story| to me|, please].",
        "The {n}[: what was it like?|: how was it?| was like what?| looked how?|: big, small, red, blue?]",
        "I want to [draw|paint|picture|see] the {n}. [How was it|What was it like|How must it look|What does it look like]?", "[look|looks|appearance|description] of the {n}[?|]",
        "{n}: [what kind|what sort|which kind|what look][?|]", "Which word [goes with|stands before|is used for|describes] the {n}?", "In what way was the {n} [special|different from others]?",
        "Was the {n} [big|small|red|blue|green|old|new], or [what|how]?", "What [colour|color], size or age was the {n}?", "How [can|could|would|shall] [I|one|we|you] describe the {n}?",
        "By what [look|sign|mark] [can|do] I know the {n}?", "Of what [look|colour or size|kind|sort] was the {n}?", "Fill in the [blank|gap]: The {n} was [...|___.|X.]", "If I saw the {n}, how would it look?",
        "[Picture|Think of|See] the {n}. What [is|was] it like?", "Was it a special {n}? [How was it|What was it like]?", "How was the [look|appearance] of the {n}?",
        "What can [you|one] say about the {n}'s [look|looks|appearance]?"),
    "Where were they?": about(
        "where [were [the two|both|both of them|the two friends|the friends|the two children|{c} and {f}]|did [the two|{c} and {f}|the friends|both of them] meet|did [it all|this|all this|the story] [happen|take place]]",
        "where [[the two|both|the two friends|{c} and {f}|the friends] [were|met]|[it all|all this|the story] [happened|took place]|the story is set|we find {c} and {f}]",
        "{c} and {f} were [where|somewhere. Where|at what place|out. Where]?", "[Name|Give me|Say|Show me|Write down] the place [where {c} and {f} were|where the two were|of the story|where the friends met|they were at].",
        "What is the [setting|place|scene] of [the|this|your] story?", "[setting|place|scene] of the story[?|]", "{c}, {f}: where?", "I [look|am looking] for {c} and {f}. Where [were they|can they be|are they]?",
        "[That day|On that day], where were [{c} and {f}|the two|the friends]?", "Where [could|can|would] [I|one|we] [find|see|meet] {c} and {f} in the story?", "{c} met {f} where?",
        "What place did [the two|{c} and {f}|the friends|both] [meet at|like|come to|go to]?", "Where did {c} [meet|see] {f}?", "Where did {f} [meet|see] {c}?",
        "[Whereabouts|So where|Where then] were [they|the two friends|both]?", "Were {c} and {f} at home or [somewhere else|at some other place]? Where?", "Fill in the [blank|gap]: They were [...|___.|X.]",
        "So where was {c} with {f}?", "And where was {f} with {c}?", "Two friends, but at what place?"),
    "Who was the friend of {c}?": about(
        "who [was [[the|a] friend|the good friend|the playmate|the other child|the pal] [with|of|next to] {c}|was friends with {c}|was {c}'s [friend|pal|playmate|buddy]|went with {c}|liked {c} as a friend|met {c}"
        "|played with {c}|came together with {c}]", None, "[Name|Give me the name of|Tell me about|Find|Point out|Say the name of] {c}'s [friend|pal|playmate|buddy].",
        "{c} had a friend. [Who|Who was it|What name did the friend have|What was the friend called]?", "{c}'s [friend|pal|buddy|playmate][?|: who?|, please|: the name?]", "[friend|playmate|pal] of {c}[?|]",
        "{c} was friends with [who|whom|which child]?", "With whom was {c} [friends|together|playing|in the story]?", "{c} and who else?", "How was {c}'s [friend|playmate|pal] [called|named]?",
        "Did {c} have [a friend|any friends|a playmate|someone to play with]?", "There were two children. One was {c}. [Who was the other|And the other|The other one was who]?",
        "[Besides|Apart from|Next to] {c}, who [else |]is in the story?", "The two friends [are|were] {c} and [who|who else|whom]?", "Whom did {c} [meet|have as a friend|play with|call a friend]?", "Whose friend was {c}?",
        "The friend of {c} [had what name|was called what|was who|is called]?", "Fill in the [blank|gap]: The friend of {c} was [...|___.|X.]", "By what name [do|did] [we|they] call {c}'s friend?",
        "[Someone|Somebody|A child] was a friend of {c}. [Who|Who was it|What name]?", "{c} was not alone. Who was [there, too|the other child|the friend]?"),
    "What did {f} have?": about(
        "what [did {f} [own|possess|keep|play with|hold dear|bring]|[belonged to|was with|was dear to] {f}|sort of thing did {f} have|object did {f} have|kind of thing did {f} own]",
        "what [belonged to {f}|was dear to {f}|object belonged to {f}|sort of thing was with {f}|kind of thing was {f}'s]", "{f} had something. [What|What was it|Which thing|What thing]?",
        "{f} [owned|had|possessed] [what|which thing|what thing]?", "[Name|Describe|Find|Point out|Show me|Give me] the [thing|object|item] [that {f} owned|of {f}'s|which belonged to {f}|that was {f}'s|in {f}'s hands].",
        "There was a thing that {f} [had|owned]. [What was it|Which one|What thing]?", "[thing|object|item|property|belongings] of {f}[?|]", "{f}'s [thing|object|item|property][?|: what was it?|, please]",
        "What [object|item] [was in the hands of {f}|was {f} the owner of|did {f} get to have]?", "Did {f} have [anything|something|any thing]?", "What [did|could] {c} see [with {f}|in {f}'s hands]?",
        "{c} had a friend, {f}. What did {f} have?", "{f}, the friend of {c}, had [what|what thing|which thing]?", "Fill in the [blank|gap]: {f} had [...|___.|X.]", "Not {c}, but {f} had something. What?",
        "What [did|would] we [find|see] in {f}'s hands?", "I know {f} and {c}. What did {f} have?", "{f} is the owner of what?"),
}
THINGS = {
    "What did {c} lose?": about(
        "what [did {c} [miss|fail to find|look for|search for|want back|lose on that day]|was [missing|lost|not there any more|nowhere to be seen]|disappeared|had {c} lost|went missing]",
        "what [{c} [lost|missed|could not find|was looking for|searched for]|was [missing|lost]|disappeared|went missing]", "{c} lost something. [What|What was it|Which thing|What thing was it]?",
        "{c} [lost|missed|could not find|looked for] [what|what thing]?", "[Name|Say|Find|Give me] the [lost thing|missing thing|thing that was lost|thing that {c} missed|thing {c} lost|object that disappeared].",
        "[lost|missing] [thing|object|item] of {c}[?|]", "Something was [gone|lost|missing]. [What|What was it]?", "What [thing|object|item] did {c} [lose|miss|look for]?",
        "Why was {c} sad? What [was lost|had {c} lost|was missing]?", "{c} [looked and looked|cried|was sad]. What was [missing|lost|gone]?", "Did {c} lose [anything|something]?",
        "{c} [went|was] {at} and lost something. What?", "What did {h} help {c} to [find|look for|search]?", "What did {c} and {h} [look|search] for?", "Fill in the [blank|gap]: {c} lost [...|___.|X.]",
        "What [belonging|property] of {c} [was lost|got away|went missing|could not be found]?", "The loss of {c}: what was it?"),
    "Where was the {n}?": about(
        "where [did [{h}|they|{h} and {c}|{c} and {h}] [find|see|discover|spot] the {n}|did the {n} [lie|hide|show up|turn up|come to light]|had the {n} been]",
        "where [[{h}|they|{c} and {h}] [found|saw|discovered] the {n}|the {n} [was found|was hidden|was lying|lay|turned up|had been|was all the time]]",
        "The {n} was [found where|where|somewhere. Where|at what spot|back. Where had it been]?",
        "[Name|Say|Show me|Tell me|Point to] the [spot|hiding place|place] [of the {n}|where the {n} was|where the {n} lay|where {h} found the {n}].", "[hiding place|spot|place] of the {n}[?|]",
        "The {n} was lost. Where [did they find it|was it|did it turn up|did {h} find it]?", "{c} could not find the {n}. Where was it?", "Where must {c} look for the {n}?",
        "Where did they have to look[| for the {n}| to find the {n}]?", "[So where|And where] was the {n} [found|hidden|lying|all the time]?", "{H} found the {n} [where|at what spot]?",
        "At last the {n} was there. [Where|Where was it|But where]?", "[So|And] what was the hiding place of the {n}?", "Where did [the lost {n}|{c}'s {n}|the {o}] [lie|turn up|wait for {c}|hide]?",
        "Fill in the [blank|gap]: The {n} was [...|___.|X.]", "If I look for the {n}, where [is|was] it?", "Was the {n} found? Where?"),
    "Where did the {n} get stuck?": about(
        "where [did the {n} [hang|end up|land|stay|get caught|fly to|come to rest|go to]|had the {n} got stuck]",
        "where [the {n} [was stuck|got stuck|hung|was hanging|landed|ended up|got caught|flew to]|{c}'s {n} was stuck|{h} had to get the {n} from]",
        "The {n} got stuck [where|somewhere. Where|up there. Where exactly|and hung where]?", "[Name|Say|Show me|Point to] the [spot|place|high place] [where the {n} got stuck|where the {n} hung|that held the {n}].",
        "The {n} was [too high|up high|high up|out of reach]. Where[| was it| exactly]?", "From where did {h} [get|take|fetch] the {n}[| down]?", "Where did {h} get the {n} down from?",
        "{c} could not get the {n}. Where was it?", "What [high |]spot was the {n} [stuck in|in|at]?", "[So where|And where] was the {n} [stuck|hanging|caught|when it was stuck|up there]?", "stuck {n}: where?",
        "How high was the {n}? I mean, where?", "Up where was the {n}?", "Fill in the [blank|gap]: The {n} was [...|___.|X.]", "Where [could|can] {c} see the {n}[| hang]?", "If {c} looked up, where was the {n}?",
        "{H} took the {n} down. [Where had it been|From where|Where was it before]?"),
    "What did {h} use?": about(
        "what [did {h} [need|take|fetch|get|bring|have|come with|work with] [to get the {n} down|to reach the {n}|for the {n}|to help {c}]|was used to get the {n} down|helped {h} to [reach|get] the {n}]",
        "what [{h} [used|needed|took|brought|came with] [to get the {n} down|to reach the {n}|for the {n}|to help {c}]|was used to get the {n} down|helped {h} to [reach|get] the {n}]",
        "How [did|could] {h} [reach|get|take down|fetch] the {n}[| so high up]?", "With [what|the help of what|what thing] did {h} [reach|get|fetch|take down] the {n}[| for {c}]?",
        "The {n} was {high}. [What did {h} use to get it|How did {h} get it|How was it reached]?", "{H} [used|took|came with|came back with|got] [what|what thing|which thing][| to reach the {n}]?",
        "[tool|thing|means] [of|that was used by|used by] {h}[?|]", "[Name|Say] the thing {h} [used|took|needed|got].", "By what means did {h} get the {n} down?", "How did the {n} come down?",
        "And what was in the hands of {h}?", "What was [useful|of use|good] to get the {n} down?", "What [did it take|was needed] to get the {n} down?", "Fill in the [blank|gap]: {H} used [...|___.|X.]",
        "Did {h} use [something|anything] to get the {n}?", "{H} is not so tall. What did {h} use[| to reach the {n}]?", "How did {c} get the {n} back? What did {h} use?"),
    "What broke?": about(
        "what [went to pieces|was broken [that day|by accident|when {c} fell|{at}]|did not stay whole|had to be [fixed|mended|repaired]|needed [{mend}|fixing|repair]|got [broken|damaged]|was damaged]",
        "what [went to pieces|was broken [that day|by accident|{at}]|did not stay whole|had to be [fixed|mended|repaired]|needed [{mend}|repair]|got [broken|damaged]|was damaged|{c} broke]",
        "Something broke. [What|What was it|Which one]?", "[Name|Say|Find|Give me] the [broken thing|thing that broke|thing that was broken|thing that had to be fixed|damaged thing].",
        "What [thing|object|item] of {c} [was broken|went to pieces]?", "[broken|damaged] thing[?| of {c}?| in the story?]", "What did {c} [break|damage]?", "What did {h} [fix|mend|repair|make whole]?",
        "{c} was sad. What [broke|was broken|had gone to pieces]?", "What was not whole any more?", "{H} used {mend}. What had broken?", "What [went wrong|happened] {at}? What broke?", "Did [anything|something] break?",
        "{c} had an accident. What broke?", "Fill in the [blank|gap]: [...|___|X] broke.", "What had {h} to [fix|mend|repair]?"),
    "What did they use to fix the {n}?": about(
        "what [did [they|{h}|{h} and {c}|the two] [use|take|need|get] to [fix|mend|repair] [the {n}|the {o}]|was [used|needed|taken] to [fix|mend|repair] the {n}|fixed the {n}|was good for the broken {n}"
        "|held the {n} together]", "what [[they|{h}|{h} and {c}] [used|took|needed] to [fix|mend|repair] [the {n}|the {o}]|was [used|needed|taken] to [fix|mend|repair] the {n}|fixed the {n}|held the {n} together]",
        "How [was|did they get] the {n} [fixed|mended|repaired]?", "How did [they|{h} and {c}|the two|{c} and {h}] [fix|mend|repair] the {n}?", "With what did [they|{h}|{c} and {h}] [fix|mend|repair] the {n}?",
        "The {n} was broken. [What did they use to fix it|How did they fix it|What did {h} do it with|What was needed]?", "{H} fixed the {n} with [what|which thing|what thing]?",
        "By what means did they [fix|mend|repair] the {n}?", "[means|thing|stuff] to fix the {n}[?|]", "[Name|Say] the [thing|stuff] they used [to fix the {n}|to mend the {n}|for the {n}].",
        "What [did it take|do you need] to fix the {n}?", "What did {h} [take|use|have] for the [broken |]{n}?", "Fill in the [blank|gap]: They used [...|___.|X.]",
        "Did they use [tape, glue or what|anything|something]? I mean for the {n}.", "{c}'s {n} was as good as new. How [did they do it|was it fixed]?", "I have a broken {n}, too. What did they use?"),
    "What fell into {mess}?": about(
        "what [was [dirty|not clean any more|in {mess}|full of dirt]|landed in {mess}|dropped into {mess}|went into {mess}|got into {mess}|became dirty|did {h} [wash|clean]|needed [soap|a wash|cleaning]]",
        "what [was [dirty|not clean any more|in {mess}|full of dirt]|landed in {mess}|dropped into {mess}|fell in {mess}|went into {mess}|became dirty|{h} [washed|cleaned]|needed [a wash|cleaning]]",
        "Something fell into {mess}. [What|What was it]?", "Something [got dirty|was dirty|became dirty]. [What|What was it]?",
        "[Name|Say|Find] the [dirty thing|thing that got dirty|thing in {mess}|thing that fell into {mess}].", "[dirty thing|thing in {mess}][?| of {c}?]",
        "What [thing|object] of {c} [got dirty|was dirty|fell into {mess}|was in {mess}]?", "Splash! What [fell|went|dropped] into {mess}?", "What did {c} [drop|lose|let fall] into {mess}?",
        "{c} was sad. What [got dirty|was dirty]?", "What was [not clean|no longer clean]?", "Into {mess} fell [what|something. What]?", "{H} used {wash}. For what? What got dirty?",
        "Did [anything|something] [get dirty|fall into {mess}]?", "Fill in the [blank|gap]: [...|___|X] got dirty.", "{mess} made something dirty. What was it?", "What did {mess} make dirty?"),
    "Where did the {n} fall?": about(
        "where [did the {n} [land|drop|go|end up|fall in|get dirty|go down]|did {c} drop the {n}|had the {n} fallen]", "where [the {n} [fell|landed|dropped|ended up|got dirty|went]|{c} dropped the {n}|the {n} was lying]",
        "How [could|did] the {n} [get dirty|get so dirty|become dirty]?", "How come the {n} was [dirty|not clean]?", "Why did {h} [have to wash|wash] the {n}?", "Why did they wash the {n}?",
        "Why was the {n} [not clean|in need of a wash]?", "The {n} fell [into what|where|somewhere. Where]?", "The {n} [was|got|is] dirty. [Why|How come|What happened|Where did it fall]?",
        "Into what did [the {n} [drop|fall|land]|{c} drop the {n}]?", "What did the {n} [drop into|land in|fall in|get into]?", "{c}'s {n} [landed|dropped|went] where?",
        "What happened to the {n}? [Where did it fall|How did it get dirty|Why was it dirty]?", "Fill in the [blank|gap]: The {n} fell into [...|___.|X.]", "What is the dirt on the {n} from?",
        "What is the reason for the dirt on the {n}?", "dirty {n}: [why|how|from what]?", "Say why the {n} was [dirty|not clean]."),
    "Who took the {n}?": about(
        "who [stole|got|grabbed|was the thief of|carried away|would not let go of|came and took] the {n}", None, "By [which animal|what animal|whom] was the {n} [stolen|carried away|taken]?",
        "[What|What kind of|What sort of] animal [stole|grabbed|carried away|was after|got] the {n}?", "The {n} was [taken|stolen|gone]. By [whom|which animal|what]?",
        "{c}'s {n} was [stolen|taken]. [Who did it|Who was it|By whom]?", "[thief|taker] of the {n}[?|]", "The [thief|one that took the {n}]: [who was it|what animal|who]?",
        "[Name|Find|Catch|Say] the [thief|animal that took the {n}|one that took the {n}|animal with the {n}].", "Who was the thief?",
        "Was it [a dog, a cat or what|a big animal or a small one]? I mean the one that took the {n}.", "What animal [came and took|saw and took] the {n}?", "From [whom|what animal|which animal] did {h} get the {n} back?",
        "An animal took the {n}. [Which|Which one|What animal]?", "Where did the {n} go? Who took it?", "Who had the {n} when {c} did not?", "Fill in the [blank|gap]: [...|___|X] took the {n}.",
        "What animal [got {food}|gave back the {n}|liked {food}]?", "{c} put the {n} down. Who took it?", "Did [an animal|anyone|somebody] take the {n}?"),
    "What did the {animal} eat?": about(
        "what [did the {animal} [like|want|take|have for food|get to eat|get from {h}|get for the {n}|eat up]|food did {h} have for the {animal}|was [given to|fed to] the {animal}|did {h} [feed|offer|hand] the {animal}]",
        "what [the {animal} [ate|liked|got|got to eat|got from {h}|got for the {n}]|food the {animal} ate|was [given to|fed to] the {animal}|{h} [gave|fed|offered] the {animal}]",
        "How did {h} get the {n} back[| from the {animal}]? What did the {animal} get?", "The {animal} [ate|got|was fed] [what|what food|what kind of food]?",
        "The {animal} was hungry. What [did it eat|did it get|did {h} have for it|was there to eat]?", "[food|meal] of the {animal}[?|]", "With what [food |]did {h} [feed|calm|please] the {animal}?",
        "{H} gave the {animal} [what|something. What was it|some food. What was it]?", "For what did the {animal} [let the {n} go|give the {n} back|give back the {n}]?",
        "[Name|Say] the food [that the {animal} ate|of the {animal}|{h} had].", "What [made the {animal} give back the {n}|made the {animal} let go of the {n}|did {h} have for the {animal}]?",
        "What food did {h} [have|give|bring]?", "{H} had food. What kind?", "Fill in the [blank|gap]: The {animal} got [...|___.|X.]", "Did the {animal} [eat|get] [something|anything]?",
        "In exchange for the {n}, what did the {animal} get?", "What [does|did] {an_animal} like to eat in the story?"),
}
FRIENDS = {
    "What did {c} want?": about(
        "what [did {c} [wish for|long for|desire|want to have|want so much|want to play with|like to have|hope to get|want from {f}|beg for|want of {f}]|was wanted by {c}]",
        "what [{c} [wanted|wished for|longed for|wanted to have|wanted from {f}|wanted to play with|hoped to get]|was wanted by {c}|{c} was hoping for]", "{c} wanted something. [What|What was it]?",
        "{c} [wanted|wished for|longed for] [what|what thing][| so much]?", "[wish|desire] of {c}[?|]", "What is [the wish|the desire] of {c}?", "[So|And] what was {c}'s wish?",
        "Name the [thing|object] {c} [wanted|wished for|longed for].", "What did {f} have that {c} [wanted|liked|did not have|wished for]?", "What [thing|object] of {f}'s did {c} want?",
        "What did {f} not want to [share|give|give to {c}]?", "{c} was sad. What did {c} want?", "What did {c} want to play with, but {f} said no?", "{f} said no to {c}. What did {c} want?",
        "Did {c} want [something|anything]?", "Fill in the [blank|gap]: {c} wanted [...|___.|X.]", "What made {c} ask {f}? What did {c} want?"),
    "Who was sad?": about(
        "who [was [unhappy|the sad one|sad about the {n}|not happy]|wanted [to have the {n}|to play with the {n}|the {o}|{f}'s {n}]|would have liked the {n}|liked the {n} of {f}|wanted the {n} of {f}"
        "|did not have the {n} at first]", None, "One of the two was sad. [Who|Which one|Who was it]?", "One of them wanted the {n}. [Who|Who was it|Which of them]?", "Who [of|among] the two was [sad|unhappy|not happy]?",
        "[sad|unhappy] child[?| in the story?| of the story?]", "[Name|Find|Point out|Say the name of] the [sad|unhappy] [one|child|friend].", "The sad [one|child]: [who was it|what name|who]?",
        "The {n} belonged to {f}. Who wanted it?", "{f} said no. To whom? Who wanted the {n}?", "To whom did {f} say no?", "With whom did {f} share the {n}?", "Who did not have the {n}[|, but wanted it]?",
        "{f} had the {n}. Who was sad?", "Was it {f} or {c} who [was sad|wanted the {n}]?", "Was {c} or {f} the sad one?", "Fill in the [blank|gap]: [...|___|X] was sad.", "Someone was [sad|unhappy]. Who?",
        "Did someone want the {n}? Who?"),
    "What did {f} do in the end?": about(
        "how did [the story|it|it all|the story of {c} and {f}|the thing] [end|come out|turn out|finish]", "how [the story|it|it all|the story of {c} and {f}] [ended|came out|turned out|finished]",
        "What did {f} do [then|after that|later|at the end|to make {c} happy|for {c}|with the {n}|with the {n} then|to make it good again]?", "[And then|Then|At the end], what did {f} do[| for {c}| with the {n}]?",
        "How [was|did] the story [over|end] for {c} and {f}?", "[Tell me|Say|Describe|Write|Give me] the end of the story[|, please].", "What is the end of [the|this|your] story?", "[end|ending] of the story[?|]",
        "How did {f} make {c} happy[| again]?", "{f} was sorry. What did {f} do[| then| about it| for {c}]?", "{f} said no at first. And [then|later|after that|at the end]?", "Did {f} [share|keep] the {n}[| or not]?",
        "Did {c} get to play with the {n}[| or not]?", "Did {f} share the {n} with {c} [at last|or not|in the end]?", "What became of the {n}[| at the end]?", "Was {f} good to {c} at the end?",
        "What good thing did {f} do[| for {c}]?", "How did {f} help {c} to be happy?", "What changed[|: what did {f} do]?", "First {f} did not want to share. What did {f} do then?"),
    "What did {c} break?": about(
        "what [was [broken by {c}|not whole any more|fixed by {c}]|did {c} [damage|drop and break|have to fix|fix|mend|repair|break by accident]|thing of {f} did {c} break|went to pieces]",
        "what [was [broken by {c}|not whole any more]|{c} [broke|damaged|fixed|mended|broke by accident]|thing of {f}'s {c} broke|went to pieces]", "{c} broke something. [What|What was it]?", "{c} broke [what|what thing]?",
        "What of {f}'s did {c} [break|damage]?", "What did {c} do wrong? What [broke|was broken]?", "Why was {c} sorry? What did {c} break?",
        "[Name|Say|Find] the thing [{c} broke|that {c} broke|of {f} that broke|that was broken].", "[broken|damaged] thing[?| in the story?| of {f}?]", "What [thing|object] [of {f} was broken|went to pieces]?",
        "Something of {f}'s broke. [What|What was it]?", "Oh no, what [broke|did {c} break]?", "{f} was [not happy|upset]. What did {c} break?", "Did {c} break [something|anything]?",
        "[So|And] what was broken when {c} played?", "Fill in the [blank|gap]: {c} broke [...|___.|X.]", "What did {f} have that {c} broke?", "{f} had something that {c} broke. What?"),
    "Who said sorry?": about(
        "who [[broke|damaged|had broken|fixed|mended|repaired] the {n}|was the one that broke the {n}|had to say sorry|said sorry to {f}|told {f} \"I am sorry\"|felt bad about the {n}|broke {f}'s {n}"
        "|is to blame for the broken {n}]", None, "One of the two said sorry. [Who|Which one|Who was it]?", "By [whom|which child] was the {n} [broken|fixed|mended]?",
        "[Name|Find|Point out|Say the name of] the [one|child] who [said sorry|broke the {n}|fixed the {n}].", "The one who [said sorry|broke the {n}]: [who was it|who|what name]?",
        "\"I am sorry.\" Who said [this|that|it]?", "The {n} broke. Whose fault was it?", "Whose fault was it?", "Was it {c} or {f} who [said sorry|broke the {n}]?", "Was it {f} or {c} who [said sorry|broke the {n}]?",
        "Who of [them|the two] [said sorry|broke the {n}|had to fix the {n}]?", "From whom did {f} hear the word sorry?", "{f} was not the one who broke the {n}. Who was?",
        "{f} was sad. Who [broke the {n}|had broken the {n}|said sorry]?", "Did [someone|anyone|anybody] say sorry[|? Who]?", "Fill in the [blank|gap]: [...|___|X] said sorry.", "Who fixed what was broken?"),
    "What did {c} use to fix the {n}?": about(
        "what [did {c} [take|need|get|use|work with] to [mend|repair|make whole|make good] the {n}|was [used|needed|taken] to [fix|mend|repair] the {n}|did {c} use for the {n}|fixed the {n}|held the {n} together]",
        "what [{c} [used|took|needed|got] to [fix|mend|repair] the {n}|was [used|needed|taken] to [fix|mend|repair] the {n}|{c} used for the {n}|fixed the {n}|held the {n} together]",
        "How [did|could] {c} [mend|repair|make good] the {n}[| of {f}]?", "How was {f}'s {n} [fixed|mended|repaired]?", "With what did {c} [fix|mend|repair] [the {n}|{f}'s {n}]?",
        "The {n} was broken. [What did {c} use to fix it|How did {c} fix it|What did {c} take]?", "{c} fixed the {n} with [what|which thing|what thing]?", "By what means did {c} [fix|mend|repair] the {n}?",
        "[means|thing|stuff] to fix the {n}[?|]", "[Name|Say] the [thing|stuff] {c} used [to fix the {n}|to mend the {n}|for the {n}].", "What [did it take|did {c} find] to fix the {n}?",
        "Did {c} use [tape, glue or what|anything|something] for the {n}?", "Fill in the [blank|gap]: {c} used [...|___.|X.]", "{f}'s {n} was good again. How [did {c} do it|did {c} fix it]?",
        "What did {c} [go and get|come with] for the broken {n}?", "To make {f} happy, {c} fixed the {n}. With what?"),
    "What did {c} have first?": about(
        "what [did {c} [have|own|hold] [at first|before the swap|before]|did {c} [give away|give {f}|give for the {m}|bring|swap|hand to {f}|give up|swap away|come with|swap for the {m}]|did {f} [receive|get from {c}"
        "|get for the {m}|take from {c}|want|like]|was {c}'s at first]",
        "what [thing was {c}'s [at first|before the swap|at the start]|{c} [gave away|gave {f}|gave for the {m}|brought|swapped for the {m}|came with]|{f} [received|got from {c}|got for the {m}|took|liked]"
        "|was {c}'s at first]", "What [came|went] from {c} to {f}?", "{c} gave [what|what thing|which thing] to {f}?", "{f} got [what|what thing] [for the {m}|from {c}]?", "For what did {f} [swap|give|give away] the {m}?",
        "Before the swap {c} had something. [What|What was it]?", "{f} gave the {m}. What [came back|did {f} get for it|was it for]?", "The {m} was swapped for [what|what thing]?", "What was swapped for the {m}?",
        "At [first|the start], {c} had [what|what thing|which thing]?", "[first thing|old thing] of {c}[?|]", "new thing of {f}[?|]", "[So|And] what was {c}'s [own|old|first] thing?",
        "What did {f} like [more than the {m}|of {c}'s]?", "What did {c} have before {c} got the {m}?", "And which thing [of {c}|that was {c}'s] [did {f} like|is now with {f}]?", "{c} came with a thing. What was it?"),
    "Who had the {n} first?": about(
        "who [had the {n} [before the swap|before|at first]|[gave away|gave|came with|brought|swapped away|was the first owner of] the {n}|[received|wanted|liked|took] the {m}|gave the {n} for the {m}|was given the {m}"
        "|said \"I like your {m}\"]", None, "At [first|the start], who had the {n}?", "Before the swap, who had the {n}?", "From whom came the {n}?", "Whose was the {n} [first|before|at the start|before the swap]?",
        "Whose is the {m} now?", "With whom was the {n} [first|at the start|before]?", "first owner of the {n}[?|]", "new owner of the {m}[?|]",
        "[Name|Say the name of|Find] the [first owner of the {n}|new owner of the {m}|one who gave the {n}|one who got the {m}].", "{f} [gave the {m}|gave the {m} away]. To whom?", "{f} got the {n}. From whom?",
        "The {n} first belonged to [whom|who]?", "The {m} went to [whom|who]?", "Who of the two [came with the {n}|gave the {n}|got the {m}]?", "Was it {c} or {f} who [came with the {n}|gave the {n}|got the {m}]?",
        "One of them liked the {m}. Who?"),
    "Who had the {m} first?": about(
        "who [had the {m} [before the swap|before|at first]|[gave away|gave|came with|brought|swapped away|was the first owner of] the {m}|[received|wanted|liked|took] the {n}|gave the {m} for the {n}|was given the {n}"
        "|said \"I like your {n}\"]", None, "At [first|the start], who had the {m}?", "Before the swap, who had the {m}?", "From whom came the {m}?", "Whose was the {m} [first|before|at the start|before the swap]?",
        "Whose is the {n} now?", "With whom was the {m} [first|at the start|before]?", "first owner of the {m}[?|]", "new owner of the {n}[?|]",
        "[Name|Say the name of|Find] the [first owner of the {m}|new owner of the {n}|one who gave the {m}|one who got the {n}].", "{c} [gave the {n}|gave the {n} away]. To whom?", "{c} got the {m}. From whom?",
        "The {m} first belonged to [whom|who]?", "The {n} went to [whom|who]?", "Who of the two [came with the {m}|gave the {m}|got the {n}]?", "Was it {c} or {f} who [came with the {m}|gave the {m}|got the {n}]?",
        "One of them liked the {n}. Who?"),
}
OTHERS = {
    "What did {c} find?": about(
        "what [did {c} [see|meet|discover|come across|find {at}|see {at}|help|find on the way|take home]|animal did {c} [find|meet|help|take home|see {at}|come across]|was there {at}|was {need}]",
        "what [{c} [found|saw|met|discovered|came across|took home]|animal {c} [found|met|helped|took home|saw {at}]|was there {at}]", "{c} found [an animal|something]. [What|What was it|What sort of animal]?",
        "{c} found [what|what animal] {at}?", "[Name|Describe|Give me] the animal that {c} [found|saw|met].", "[animal|find|pet] of {c}[?|]", "Who was [there {at}|all alone {at}|{need}]?",
        "Which animal [was {need}|got help|was found by {c}|was all alone|is in the story]?", "What sort of animal [did {c} find|is the story about|got help]?", "There was an animal {at}. [Which|Which one|What animal]?",
        "Did {c} [find|see|meet] [anything|something|an animal] {at}?", "{c} was {at}. What did {c} [find|see|meet]?", "What poor animal did {c} [find|see|help]?", "What did {c} and {h} [help|take home]?",
        "{H} and {c} helped an animal. [Which one|What animal]?", "Which animal became a friend of {c}?", "What animal [got|was given] {food}?"),
    "How was the {animal}?": about(
        "what [was [bad|not right] with the {animal}|did the {animal} suffer from|made {c} help the {animal}|was the matter with the {animal}|state was the {animal} in]",
        "what [the trouble with the {animal} was|was not right with the {animal}|was the matter with the {animal}|state the {animal} was in|was wrong with the {animal}]",
        "How did the {animal} [feel|do] [when {c} found it|when {c} saw it|at first|before {c} came]?", "Why did the {animal} [need help|need {c}|need a friend]?",
        "Why did {c} [help|want to help|feel for|call {h} for] the {animal}?", "In what [state|way] did {c} find the {animal}?", "[state|trouble|problem] of the {animal}[?|]",
        "The {animal} [was not well|was not happy|needed help]. [Why|What was wrong|How come]?", "Was the {animal} [well|fine] when {c} found it?", "[Describe|Say] the [state|trouble] of the {animal}.",
        "The poor {animal}! What was wrong[| with it]?", "What did {c} see about the {animal}?", "[So|And] what was the {animal}'s [trouble|problem]?", "The {animal} was [how|hungry, wet or what|in what state]?",
        "Fill in the [blank|gap]: The {animal} was [...|___.|X.]", "How was the [poor |little |{size} ]{animal} [at first|when {c} came]?", "What [ailed|troubled] the {animal}?"),
    "What did {c} give the {animal}?": about(
        "what [did {c} [feed|offer|hand|bring|have for|feed to] the {animal}|food [did {c} have|was there]|did the {animal} [eat|have to eat|like|receive|get to eat|get from {c}]|was [given to|fed to] the {animal}]",
        "what [{c} [gave|fed|offered] the {animal}|the {animal} [ate|had to eat|got|got to eat|got from {c}]|was [given to|fed to] the {animal}]", "{c} gave the {animal} [something|food]. [What|What was it]?",
        "{c} gave [what|what food] to the {animal}?", "The {animal} [ate|got] [what|what food|what kind of food]?", "[food|meal] of the {animal}[?|]",
        "[Name|Say] the food [that {c} gave|{c} had for the {animal}|that the {animal} ate|of the {animal}].", "With what did {c} feed the {animal}?", "The {animal} was {need}. What did {c} give it?",
        "What did {c} have [to eat |]for the {size} {animal}?", "What kind of food [was it|did {c} have|did {c} give]?", "Before {h} came, what did {c} give the {animal}?",
        "Did {c} [give|feed] the {animal} [something|anything]?", "So what was there to eat for the {animal}?", "What [does|did] {an_animal} like to eat in the story?",
        "Fill in the [blank|gap]: The {animal} got [...|___.|X.]", "\"Here is something for you.\" What did the {animal} get?", "What [does|did] {pet} eat?"),
    "What was the name of the {animal}?": about(
        "what [name [did the {animal} get|did {c} give the {animal}|did {c} choose|was given to the {animal}|did {c} and {h} choose]|is the {animal}'s name]",
        "what [the {animal} [was called|was named]|name [the {animal} got|{c} gave the {animal}|{c} chose|was given to the {animal}]|the {animal}'s name [is|was]]", "[name|new name] [of|for] the {animal}[?|]",
        "The {animal}'s name[?|, please|: what was it?|: which?]", "The {animal} [was called|was named|got the name] [what|how]?", "[Give me|Say|I want|Write down] the name of the {animal}.",
        "[How|So what] was the {animal} [called|named]?", "Did the {animal} [have|get] a name?", "Had the {animal} a name?", "By what name did {c} know the {animal}?",
        "{c} gave the {animal} a name. [Which|Which one|What name]?", "Under what name [did|do] we know the {animal}?", "Who is [called|named] {pet}?", "{pet} is the name of [whom|who|what animal]?",
        "Whose name [is|was] {pet}?", "If I want to call the {animal}, what [do|must|shall] I [call|say|shout]?", "Fill in the [blank|gap]: The {animal} was [...|___.|X.]", "What animal [is|was] {pet}?",
        "The {size} {animal} [had what name|was called what]?"),
    "Who was afraid?": about(
        "who [was [scared|frightened|not brave at first|afraid at first|scared of {fear}|afraid of {fear}|in fear of {fear}]|did not like {fear}|feared {fear}|could not stand {fear}|became brave|learned to be brave"
        "|got over the fear|had to be brave|began to shake|held the hand of {h}|was helped by {h}]", None, "{fear}: who was [afraid of it|scared of it|scared]?",
        "Someone was [afraid|scared|afraid of {fear}]. [Who|Who was it]?", "[Name|Find|Point out|Say the name of] the [one|child] who [was afraid|was scared|feared {fear}|became brave].",
        "[scared|brave|afraid] child[?| in the story?]", "The child who [was scared|feared {fear}]: who was it?", "Whom did {fear} [scare|frighten|make afraid]?", "For whom was {fear} so bad?", "Whose fear was it?",
        "Who [needed|got] help [against|with] {fear}?", "To whom did {h} say \"You are brave\"?", "Was [anyone|someone|somebody] afraid[| of {fear}]?", "Whose hand did {h} take?", "{H} helped someone who was afraid. Whom?",
        "Who had a fear of {fear}?", "Fill in the [blank|gap]: [...|___|X] was afraid.", "Was it {h} who was afraid, or who was it?", "Which child [was scared|feared {fear}|did not like {fear}|was brave at last]?"),
    "What was {c} afraid of?": about(
        "what [[scared|frightened|was scary for|was too much for|was so bad for] {c}|did {c} [fear|dread|not want to see]|gave {c} a fright]",
        "what [[scared|frightened|was scary for|was so bad for] {c}|{c} [feared|dreaded|was in fear of]|{c} was [scared|frightened|afraid|so afraid] of|gave {c} a fright]",
        "{c} was afraid of [what|something. What|what thing]?", "{c} [feared|was scared of|was frightened by] what?", "[fear|big fear] of {c}[?|]", "{c}'s [fear|great fear][?|: what was it?|, please]",
        "Of what was {c} [so scared|scared|frightened]?", "Why [did {c} shake|was {c} afraid|was {c} scared|did {c} need {h}|did {c} hold on to {h}]?", "[Name|Say] the [fear of {c}|thing {c} feared|thing that scared {c}].",
        "{c} was [scared|afraid|not brave at first]. [Of what|Why|What was it]?", "What did {h} help {c} with? What was {c} afraid of?", "Was {c} afraid of [something|anything]?",
        "What was [no longer so bad|not so bad any more] for {c}?", "[So|And] what was {c} [scared|frightened|so afraid] of?", "{H} was there for {c}. What was so bad for {c}?",
        "Fill in the [blank|gap]: {c} was afraid of [...|___.|X.]", "About what did {c} say \"It is not so bad\"?", "What did {c} [have to face|get over|learn not to fear]?"),
    "What did {c} want to make?": about(
        "what [did {c} [make|cook|bake|prepare|cook up|make for {k}|want to make for {k}|make with {f}|need {part} for|want to prepare]|did {c} and {f} [make|cook|prepare]|dish did {c} [make|want to make|prepare]"
        "|food did {c} make|was made for {k}]", "what [{c} [made|cooked|wanted to cook|wanted to make|prepared|made for {k}|made with {f}|needed {part} for]|{c} and {f} [made|prepared]|was made for {k}|the {part} was for]",
        "{c} wanted to make something[| for {k}]. [What|What was it]?", "{c} made [what|what dish|what food][| for {k}]?", "[dish|food|plan] of {c}[?|]", "What is [the plan of {c}|{c}'s plan]?",
        "[Name|Say] the [dish|food] {c} [made|wanted to make|made for {k}].", "What did {k} [get|eat|get to eat|like so much]?", "For what was {part} [needed|missing]?", "For what did {c} need {part}?",
        "What [came out of|was made in] the kitchen?", "{f} helped {c} in the kitchen. What did they make?", "What did {c} do for {k}? What did {c} make?", "{k} was so happy. What had {c} made?",
        "Did {c} make [something|anything] for {k}?", "Fill in the [blank|gap]: {c} made [...|___.|X.]", "So what was there to eat for {k}?", "What did {c} [wish|plan|try] to [make|cook] for {k}?"),
    "Who was it for?": about(
        "who [was [{dish}|the food|it all] for|was to eat {dish}|ate with {c} and {f}|was so happy about {dish}|was to be pleased with {dish}]",
        "who [{dish} was for|{c} made {dish} for|was to eat {dish}|ate with {c} and {f}|was so happy about {dish}|{c} wanted to please]",
        "For [whom|which person] [was {dish}|did {c} want to make {dish}|did {c} cook|did {c} and {f} make {dish}|did {c} work]?", "{c} made {dish} for [whom|who|somebody. Who was it]?", "{dish}: for whom?",
        "To whom did {c} give {dish}?", "Whom did {c} want to [please|surprise|make happy]?", "Was {dish} for [anyone|someone|somebody]?", "Who should [be happy|be pleased] about {dish}?",
        "[Name|Say the name of] the [one|person] {dish} was for.", "Who got to eat what {c} made?", "{c} did not make {dish} for {f}. For whom then?", "{c} wanted to make someone happy. Whom?",
        "Who [liked|tasted|ate] what {c} and {f} made?", "Fill in the [blank|gap]: It was for [...|___.|X.]"),
    "What did {c} need?": about(
        "what [was [not there|not in the kitchen|not to be found|needed for {dish}|still needed|needed]|did {c} [look for|miss|want to get|go to get|ask for|need for {dish}|run out of|get from {f}|search for]"
        "|did {f} [have at home|give {c}|give|bring]|part of {dish} was missing]",
        "what [was [not there|not in the kitchen|missing|needed for {dish}|still needed]|{c} [needed|looked for|missed|wanted to get|needed for {dish}|got from {f}|searched for]|{f} [gave {c}|brought]]",
        "{c} needed something[| for {dish}]. [What|What was it]?", "{c} [needed|missed|looked for|got from {f}] what?", "[missing thing|missing part|thing that was missing][?| in the kitchen?| for {dish}?]",
        "Why could {c} not make {dish} at first?", "Why did {c} go to {place}? What [was missing|did {c} need]?", "There was none of what?", "[Name|Say] the thing that {c} needed[| for {dish}].",
        "What [goes|must go] into {dish} that {c} [needed|missed]?", "Why did {c} need {f}? What was missing?", "And what was the trouble in the kitchen?", "{dish} can not be made without [what|what thing]?",
        "For {dish}, what did {c} still [need|want]?", "What did {c} [run|go] out to get?", "Was [anything|something] missing[| for {dish}| in the kitchen]?", "Fill in the [blank|gap]: There was no [...|___.|X.]",
        "{c} looked in the kitchen. What was [missing|not there]?"),
    "Who had {part}?": about(
        "who [[gave|brought|handed|offered] {c} [the|some] {part}|had [the {part}|{part} at home|some {part}|what {c} needed]|came back with the {part}|ran home to get {part}|helped out with {part}"
        "|was able to give {part}|gave {part} to {c}]", None, "The {part} was from [whom|who|which friend]?", "Whose {part} was it?", "Where did {c} get the {part}? Who had it?", "[owner|giver] of the {part}[?|]",
        "[Name|Say the name of|Find] the [one|child|friend] [with the {part}|who had {part}|who gave {part}|who gave {c} the {part}].", "{c} had no {part}. Who [had some|had it|gave some|gave it]?",
        "{c} needed {part}. [Who had it|Who gave it|Who had some|Who got it]?", "Who of [them|the two|the children] had {part}?", "At whose home was [there |]{part}?", "Did [anyone|someone|somebody|anybody] have {part}?",
        "{part}: who had [it|some]?", "By whom was the {part} [given|brought]?", "Whom must {c} thank for the {part}?", "Someone gave {c} the {part}. [Who|Who was it]?", "With whose {part} was {dish} made?",
        "Fill in the [blank|gap]: [...|___|X] had {part}."),
    "Where did {c} want to go?": about(
        "where [did {c} [wish to go|wish to be|plan to go|hope to go|want to be|want to play|want to walk to|want to take the {n}|hope to play|want to spend the day]]",
        "where [{c} [wanted to go|wished to go|planned to go|hoped to go|wanted to be|wanted to play|wanted to take the {n}|was going to go]|{c} would have gone]", "{c} wanted to go [where|somewhere. Where|out. Where to]?",
        "What place did {c} [want to visit|want to see|have in mind|hope to see]?", "[Name|Say] the place [{c} wanted to go to|where {c} wanted to go|{c} wanted to see].", "[goal|plan|wish] of {c}: where to?",
        "Where would {c} [have gone|go] without the {weather}?", "Without the {weather}, where would {c} [be|go|have gone]?", "There was {weather}. Where could {c} not go?",
        "Where could {c} not go [because of|for all] the {weather}?", "The {weather} kept {c} at home. Where did {c} want to go?", "Where did {c} want to [be|play|go] with the {n}?",
        "{c} had a plan for the day. Where did {c} want to go?", "What place did the {weather} keep {c} from?", "{c} stayed at home. Where did {c} want to go?", "Where should the {n} go with {c}?",
        "Fill in the [blank|gap]: {c} wanted to go to [...|___.|X.]", "Did {c} want to go [somewhere|anywhere|out]?"),
    "Why did {c} not go out?": about(
        "why [did {c} [stay at home|stay in|not go|not go to {place}|sit by the window|play inside|not play outside|not leave the house|have to stay in]|was {c} [at home|inside|not outside|not {at}]"
        "|could {c} not [go out|go to {place}|go|leave|play {at}]]", "why {c} [did not go|stayed at home|stayed in|did not go to {place}|could not go|could not go to {place}|had to stay in|played inside|was not {at}]",
        "What [kept|stopped|held] {c} [from going out|from going|from going to {place}|at home|back|in the house]?", "[So|And] what was the [weather|weather like|weather on that day|trouble|problem|reason]?",
        "[weather|weather in the story|weather of the day][?|]", "{c} stayed [in|at home|in the house]. [Why|How come|What was the reason]?", "For what reason did {c} [stay in|stay at home|not go to {place}]?",
        "What [came|got] in the way[| of {c}| of {c}'s plan]?", "What [did {c} see|was there|was it like] outside?", "What made {c} [stay in|stay at home|stay in the house]?",
        "How come {c} [was not {at}|did not go to {place}|stayed in]?", "{c} wanted to go to {place}. [Why not|What was wrong|What was in the way|Why did {c} not go]?",
        "Because of what did {c} [stay in|stay at home|not go out]?", "Was the weather [good|fine|bad]?", "[Name|Say|Give me] the reason why {c} [stayed in|did not go].", "Say what the weather was.",
        "What did {c} forget [about|in the end] when {f} came? What was there outside?", "What kind of weather [was there|did they have]?"),
    "Who came to see {c}?": about(
        "who [[visited|came to visit|dropped by to see|was the guest of|came to play with|came in to see|played with|cheered up|had fun with] {c}|had [the idea|a good idea|a plan|the idea to play in {room}]"
        "|said that they could play in {room}|thought of {room}]", None, "{c} had [a visitor|a guest|a visit]. [Who|Who was it|From whom]?", "[visitor|guest] of {c}[?|]",
        "Whose idea was it[| to play in {room}| to go to {room}]?", "Whose visit [made {c} happy|did {c} get]?",
        "[Name|Say the name of|Find] the [visitor|guest|one who had the idea|one who came to see {c}|child that visited {c}].", "With whom did {c} play in {room}?",
        "{c} was [alone|sad|at home]. Who [came|came by|came to play|visited {c}]?", "Did [anyone|someone|somebody|anybody] [come to see|visit|come to play with] {c}?",
        "Someone came [in|to see {c}|to visit {c}]. [Who|Who was it]?", "Knock, knock! Who [was there|came to see {c}]?", "{c} and who else played in {room}?", "Who made {c} [happy again|laugh|forget the {weather}]?",
        "Whom did {c} play with in {room}?", "Fill in the [blank|gap]: [...|___|X] came to see {c}.", "To whom did {c} open the door?"),
    "Where did they play?": about(
        "where [did [the two|the friends|the children|both] [play|have fun|go to play|spend the day]|did {c} [play with {f}|play with the {n}|take the {n}|have fun]|did {f} [play with {c}|want to play"
        "|say they could play]|in the house did they play|could they play]",
        "where [[they|the two|the friends|{c} and {f}|the children] [played|had fun|went to play|spent the day]|{c} [played with {f}|played with the {n}|took the {n}]|{f} [played with {c}|wanted to play]|they could play]",
        "They played [where|somewhere. Where|at what place|in the house. Where exactly]?", "{c} and {f} [played|had fun] [where|somewhere in the house. Where|at what place]?",
        "What [room|part of the house] did [the two|{c} and {f}] [go to|choose|have fun in]?", "[Name|Say] the [room|place] [where they played|they played in|where {c} and {f} had fun|{f} thought of].",
        "[room|place] [where they played|of the fun|for the {n}][?|]", "What [was the idea of {f}|was {f}'s idea|idea did {f} have]? Where did they play?", "Where did [{c} and {f}|the two] find some fun?",
        "There was {weather}. Where did they play?", "Not {at}, but where did they play?", "They could not play {at}. Where did they play?", "Where did {f} and {c} [go|play|have fun] with the {n}?",
        "{c} could not go to {place}. Where did {c} play[| then]?", "So where was the {n} taken?", "Where in the house [was the fun|were they]?", "Fill in the [blank|gap]: They played in [...|___.|X.]",
        "Did they play [inside|in the house]? Where?"),
    "What did {c} learn?": about(
        "what [did {c} [learn to do|want to learn|find hard|try [to do|{at}|again and again]|practise|get to know|train for|work at|get taught|study]|did {h} [teach|help] {c} to do|did {h} [teach|show] {c}"
        "|was so hard for {c}|new thing did {c} learn|skill did {c} learn]",
        "what [{c} [learned|learned to do|wanted to learn|tried [to do|again and again]|found hard|practised]|{c} was taught|{h} [taught|showed] {c}|was so hard for {c}|skill {c} learned]",
        "{c} learned [what|something. What|to do what|a new thing. What was it]?", "[new skill|skill|aim|wish] of {c}[?|]", "[So|And] what was {c}'s [wish|dream|aim|goal|new skill]?",
        "[Name|Say] the [thing|skill] {c} [learned|wanted to learn].", "What can {c} do [now|today|that {c} could not do before]?", "What could {c} not do [before|at first|at the start]?",
        "{H} helped {c} to [do what|learn what|learn something. What]?", "{c} was taught [what|something. What]?", "What did {c} try {at}?", "At last {c} could do it. [What|What was it]?", "What did {c} fail at first?",
        "With {h}'s help {c} learned [something. What|what]?", "Which new [thing|skill] [was learned by {c}|was so hard for {c}]?", "Did {c} learn [something|anything]?",
        "Fill in the [blank|gap]: {c} learned to [...|___.|X.]", "{c} fell down and tried again. What did {c} learn?", "What did all the work of {c} lead to? What did {c} learn?"),
    "Who learned to {skill}?": about(
        "who [[wanted to|tried to|could at last|got to|was taught to|found it hard to|wished to|can now|could not at first] {skill}|[was ready|wanted] to give up|tried [again and again|it again|hard]"
        "|said \"I can not do it\"|was [angry and sat down|taught by {h}]|learned how to {skill}]", None, "Someone learned to {skill}. [Who|Who was it]?",
        "[Name|Find|Say the name of] the [one|child] who [learned to {skill}|wanted to {skill}|can {skill} now|wanted to give up].", "The child who [learned|wanted] to {skill}: who was it?", "{skill}: who learned it?",
        "Whom did {h} [teach|help|show how to {skill}|help to {skill}]?", "To whom did {h} show how to {skill}?", "[pupil|student] of {h}[?|]", "Who [was|is] the one that [learned|wanted|tried] to {skill}?",
        "For whom was it hard to {skill}?", "{H} was proud of [whom|who|someone. Who was it]?", "Of whom was {h} proud?", "Which child [learned to {skill}|wanted to {skill}|could {skill} at last|was helped by {h}]?",
        "To whom did {h} say \"Well done\"?", "Did [anyone|someone|somebody] learn to {skill}?", "Fill in the [blank|gap]: [...|___|X] learned to {skill}.", "{H} helped someone to {skill}. [Whom|Who was it]?",
        "Whose wish was it to {skill}?", "Who fell down and tried again?"),
}
FRIENDS["What did {f} have first?"] = mirrored(FRIENDS["What did {c} have first?"])
MANY = {**COMMON, **THINGS, **FRIENDS, **OTHERS}
