"""Words around a request of a free draw, with choices as in ways.py.

{Q} is the request, {q} without its capital; {S} and {s} are without the last mark, too. Nothing
here is a name, a thing or a number that a request might have.
"""
from .ways import spelled

FRAMES_FREE = (  # behind which the request comes
    "[Hey|Hi|Hello|Hey there|Hi there|Hello there|Good day|Howdy|Good morning|Good evening|Good afternoon|Hi again|Hello again], {q}",
    "[Hey|Hi|Hello|Hey there|Hi there|Hello there|Good day|Howdy|Good morning|Good evening|Good afternoon|Hi again|Hello again][!|.] {Q}",
    "[Hey|Hi|Hello|Ok|Okay|Dear|Yo|Listen,] [machine|model|friend|assistant|bot|buddy|little one|llama|helper], {q}",
    "[Ok|Okay|Well|So|Now|Alright|All right|Right|Fine|Good|Great|Then|Yes|Sure], {q}",
    "[Ok|Okay|Well|Alright|All right|Right|Fine|Good|Great|Yes|Sure|Nice|Cool|I see|Perfect|Very good][.|!] {Q}",
    "[And|But|And now|And then|Now|Oh and|Now please|So please|And please|Then] {q}",
    "I am [tired|bored|new here|a teacher|a student|a beginner|a bit lost|in a hurry|curious|back|at work|at school|alone|a parent|a programmer|only a guest|sick today]. {Q}",
    "We are [bored|in class|at school|on a long drive|teachers|a family|a team|waiting|all tired|students|learning English]. {Q}",
    "My [son|daughter|child|teacher|boss|friend|class|neighbour|little sister|big brother|wife|husband] [asks|wants to know|asked me|would like to ask|has a question|wonders]: {q}",
    "My [son|daughter|child|friend|class|little sister|big brother|team] [is bored|is here|is waiting|is stuck|needs your help|is curious|told me to ask you|sent me]. {Q}",
    "[I have|Here is|I've got|Just|Only] [a|one|one more|another|a quick|a short|an easy|a simple|a silly] question[:|.] {Q}",
    "[Quick|Short|Easy|Simple|Small|Next|Last|First|New|Another|Silly] [question|one|task|request|thing]: {q}",
    "[Question|Task|Exercise|Request|Problem|Q|Prompt|Input|To do|Todo|Query|Homework|Wanted|Challenge]: {Q}",
    "[Please|Kindly|If you please|If you can|If possible|If you like|If you do not mind|If it is not too hard|When you have time|When you are ready], {q}",
    "[Could|Can|Would|Will] you [help me|help|do me a favour|do me a favor|do something for me|answer this|do this|try this|look at this]? {Q}",
    "I [need|want|would like] [your help|an answer|some help|a hand|you to help me|a good answer|a quick answer][.|:] {Q}",
    "[Sorry|Excuse me|Pardon|Pardon me|Forgive me|Sorry to bother you|Sorry to ask|Sorry again], [but |]{q}",
    "[Thanks|Thank you|Nice|Great|Well done|Cool|Wonderful|Good job|I like that|That is nice|Not bad|Interesting|That helps|Got it][.|!] {Q}",
    "[Thanks|Thank you|Nice|Great|Well done|Cool|Perfect|Good job|I see|That is nice|Not bad]. [Now|And now|Next,|But now|Then] {q}",
    "[Let us|Let's] [begin|start|go on|try something else|try this|play a game|see|see if you know this|do another one|go][.|:|!] {Q}",
    "[Here we go|Here goes|Listen|Attention|Think|Think well|Take your time|No hurry|Be quick|Be careful|Do your best|Surprise me|You know what][:|.|!] {Q}",
    "[I wonder|I was wondering|I am asking myself|I ask you|I would like to ask|May I ask|Let me ask|Let me ask you|Allow me to ask|I have to ask|I must ask]: {q}",
    "[Tell me|Answer me|Answer this|Answer|Answer please|Do this|Do the following|Do as I say|Try this|Solve this|Help me with this|Help me out]: {q}",
    "[It is|It's] [a long day|my first time here|me again|urgent|important|for school|for my homework|for a test|for a friend|just for fun|about time]. {Q}",
    "[This is for|It is for|For] [school|my homework|a test|my class|a friend|my blog|a game|work|fun|my children|my students]: {q}",
    "I [do not|don't] [understand much|know much|know a lot|know how to ask this|have much time|want to be rude|like to ask|speak English well], but {q}",
    "I [forgot|have no idea|can't think today|am not sure|was asleep|missed the lesson|can't decide|need a break|give up|just woke up|just came home]. {Q}",
    "[My teacher says|They say|People say|I heard|I was told|Someone told me|I read] [that |]you [are good at this|know this|can do this|are clever|can help|are a good helper]. {Q}",
    "You [are a good model|are a clever machine|are my only hope|are so nice|are the best|can do this|are always right|never sleep|look smart]. {Q}",
    "[Do you know this|Do you know this one|Can you do that|Are you there|Are you ready|Ready|Got a minute|Do you have a minute|Are you awake|May I ask something]? {Q}",
    "[Hm|Hmm|Um|Uh|Er|Oh|Ah|Oh well|Erm|Let me think][,|...|, well,] {q}",
    "[Once again|Again|One more time|As before|As always|Like before|This time|For a change|To begin with|First of all|Finally|By the way|Besides|Anyway|Seriously], {q}",
    "[Before we go on|Before I go|Before bed|After lunch|During the break|While I wait|While we wait|As we are here|In the meantime|Since you are here], {q}",
    "[The baby sleeps|Nobody is here|The class begins|Dinner is ready|School is over|Work is over|The lesson starts|Nobody else knows|Time is short|The guests wait]. {Q}",
    "[Sir|Madam|Professor|Boss|My friend|My dear|Mate|Pal|Folks|Guys|Llama|Little llama|Small model|Dear machine|Smart one|Helper|Dear helper], {q}",
    "[You surely know|You might know|Maybe you know|Perhaps you know|I bet you know|Nobody knows|I never know|Only you know|You must know this]: {q}",
    "I [hope|think|believe|guess|am sure|was told|know] you can [help|do this|answer|tell me|do it|help me out][.|:] {Q}",
    "[No|Yes|No, no|Yes, yes|Wait|Stop|Hold on|Not that|Never mind|Forget that][,|.|!] [now|please|rather|but] {q}",
    "[Do not|Don't|Please don't|Please do not] [think too long|be shy|make it long|worry|laugh|be slow|say too much]. {Q}",
    "[Be|Please be|Try to be] [brief|quick|kind|nice|exact|honest|clear|a good helper][.|:] {Q}",
    "I [like|love|enjoy] [talking to you|asking questions|learning|learning new things|puzzles|quizzes|your answers|this game]. {Q}",
    "[Test|Testing|Check|Quiz|Quiz time|Question time|Game time|Warm-up|Now a test|Exam|A riddle|Your turn]: {Q}",
    "[*|>|>>|#] {Q}",
    "[please|pls|plz|hey|hi|hello|ok|so|well|now|and|hmm|yo|um|okay so|hey there|alright] {q}",
    "[My question is|The question is|The task is|What I want is|All I want is|My request|What I want to ask|My wish|My order|Your task|Your job]: {q}",
    "I [just|only|simply|really] [want|need|have] [one thing|this|to ask this|to ask something|to say this][:|.] {Q}",
    "Here is what I [need|want|want to know|ask|would like|have to ask|must know][:|.] {Q}",
    "This [one|question|task|request] is [easy|hard|for you|new|simple|a test|important|not hard][:|.] {Q}",
    "[If you know|If you have time|If you are there|If you can help|If you are not busy|If I may ask|If that is fine|If nobody minds], {q}",
    "I [asked|already asked] [the others|everyone|a friend|somebody else|this before|my parents|my teacher][.|:] {Q}",
    "[Somebody|Someone|A friend|A child|A student|The teacher|The boss|A man|A woman] [asked|said to] me[:| today:] {q}",
    "[Let me see|Let me try|Let me think|Let me begin|Let me say it again|Let me ask again|Let me start over][.|:] {Q}",
    "[I can't believe I ask this|I should know this|I am afraid to ask|I hate to ask|Do not laugh|This may sound silly|Maybe it is silly], but {q}",
    "[Oops|Ouch|Wow|Yay|Hooray|Ha|Haha|Oh no|Oh dear|My goodness|Oh my|Phew][!|.|,] [well, |so, |now, |ok, |]{q}",
    "You [have|get] [one try|one minute|a second|a moment|all day|all the time you need][.|:] {Q}",
    "[To|A question to|A task for|Listen,] [the model|the machine|all of you|everyone here|the assistant|the one who knows]: {q}",
)
FRAMES_BEHIND = (  # of a request with its mark
    "{Q} [Thanks|Thank you|Thanks a lot|Many thanks|Thank you very much|Thanks in advance|Cheers|Please|Pretty please|Please and thank you][.|!]",
    "{Q} [I am in a hurry|Be quick|Quick|Hurry up|Right now, please|I can't wait|No hurry|Take your time|As soon as you can][.|!]",
    "{Q} I [need|want] [it|this|the answer|to have it] [for school|for my homework|for work|now|soon|for a friend|at once].",
    "{Q} [That is all|That is my question|That's it|Nothing else|That is all I want|That is what I ask|Nothing more].",
    "{Q} [I would be glad|I would be happy|It would help me|It would be nice|That would be great|I'd be so happy|It would make my day][.|!]",
    "{Q} My [son|daughter|teacher|boss|friend|class] [wants to know|asked me|is waiting|would like that|asked for it|needs it].",
    "{Q} I [forgot|do not know|have no idea|am not sure|can't tell|always forget|don't get it|can't do it alone].",
    "{Q} [Can you do that|Do you know|Is that possible|Can you|Will you|Are you able to|Could you do this for me|Any idea|Ok|Okay|Right|Is that hard]?",
    "{Q} [Be exact|Be brief|Just the answer|Only the answer|Keep it simple|Answer well|Do it well|Do not guess|No jokes][.|, please.]",
    "{Q} I am [bored|new here|a beginner|a teacher|a student|curious|tired|just a child|listening|all ears].",
    "{Q} [:)|;)|:-)|:D]",
    "{Q} [You are the best|You can do it|I trust you|You are so kind|Good luck|I believe in you|You never fail][.|!]",
)
FRAMES_ENDS = (  # of one sentence
    "{s}, [please|ok|okay|thanks|if you can|if you please|thank you|if possible|quick|pls|if you do not mind|if you like][.|?|]",
    "{S} [please|pls|plz|thanks|thx|asap|thank you|pretty please]",
    "{S}[!|!!|...| ?| .|..| !|??]",
)


def fitting(text):
    """Frames that may be put around it: what stands behind a list or another's words would be a part of them."""
    if ":" in text or text[-1] not in ".?!":
        return FRAMES_FREE
    if "," in text or any(mark + " " in text for mark in ".?!"):
        return FRAMES_FREE + FRAMES_BEHIND
    return FRAMES_FREE + FRAMES_BEHIND + FRAMES_ENDS * 3


def framed_free(draw, text, small):
    """A request among other words; `small` is the text as it goes on in a sentence."""
    frame = spelled(draw, draw.pick(fitting(text)))
    return frame.format(Q=text, q=small, S=text[:-1], s=small[:-1])
