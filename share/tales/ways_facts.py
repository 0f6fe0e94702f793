"""Ways to ask the facts of MORE and small talk, with choices (ways.py); the key is the answer, or how it begins.

Facts of one sort (commands of ll-chat, variables, presets, keys, pages) share lines; each has its own besides.
"""

# {c} a command of ll-chat; {want} what one wants who types it, {doing} with -ing
COMMAND = (
    "[In|Inside|While in|When I am in] [ll-chat|the chat|a chat], what [happens when I type|happens if I enter|is the use of|is] {c}?",
    "{c}[?| in ll-chat| - what for?| does what?|: what is it?| meaning|, what happens then?| in the chat?]",
    "[What is|What's] [the command |the slash command |]{c}[ for| good for| there for| of ll-chat]?",
    "[What happens|What will happen|What do I get] [if|when|after] I [type|enter|write|use] {c}[ in ll-chat| in the chat| while I chat|]?",
    "[Why|When] [would|should|must] [I|one] [type|use|need|enter] {c}[ in ll-chat| in a chat|]?",
    "[ll-chat|The help|The chat|The page] [lists|shows|has|mentions] {c}. [What is it for?|What happens with it?|What is that?|When do I need it?]",
    "[I do not know|I forgot|I wonder|Can you tell me|I want to know] what {c} [is for|is good for|does in ll-chat|does in a chat]",
    "[Please |]describe [the command |]{c}[ of ll-chat| in a sentence|].",
)
COMMAND_FOR = (
    "[While chatting|In ll-chat|In the middle of a chat|When I talk with a model], [what do I type|what must I type|what should I enter] to {want}?",
    "[What|Which slash command|Which command] do I [type|enter|need|use] [in ll-chat|in the chat|while chatting] to {want}?",
    "[Is there|Do you know|Does the chat have|Does ll-chat have] a [slash |chat |]command [for {doing}|to {want}]?",
    "[I am in ll-chat|I chat with the model|I am chatting|My chat is open] and [want|would like|need|have] to {want}. [What do I type?|Which command is it?|How?|Is there a command?]",
    "[slash command|chat command|ll-chat command|command] [to {want}|for {doing}] [in ll-chat|while chatting|inside the chat][?|, please|]",
    "ll-chat: [how to {want}?|{want}|{doing}|command to {want}|{doing}, how?|which command is for {doing}?]",
    "[I forgot|What was|What is|I need|Tell me|Name] the [chat |slash |]command [of ll-chat|in the chat|of the chat] for {doing}",
    "[Can|Could|May] I {want} [while chatting|in the middle of a chat|by a command of ll-chat|with a slash command]?",
    "[For|About] {doing} in [a chat|ll-chat|the chat]: [what do I type?|which command?|what is there?|is there a command?]",
)


def command(name, wants, doings, *more):
    words = {"c": name, "want": f"[{wants}]", "doing": f"[{doings}]"}
    return tuple(way.format(**words) for way in COMMAND + COMMAND_FOR) + more


# {v} a variable
VARIABLE = (
    "{v}[?| - what for?|: what is it?| means what?|: what does it hold?| purpose| meaning| is what?]",
    "[What is|What's] [the variable|the environment variable|this variable] {v} [for|good for|there for|used for]?",
    "[Why|When] [would|should|must] [I|one] [set|export|use] {v}?",
    "[What happens|What changes|What is the effect] [if|when] I [set|export] {v}[ in my shell| before a pipe|]?",
    "[My|The] [environment|shell|script|profile] [has|sets|exports] {v}. [What is that?|Why?|What is it good for?|What is the effect?]",
    "[Please |]describe [the variable |the environment variable |]{v}[ for me| in a sentence|].",
    "[I do not know|I wonder|Can you say|I want to know|Do you know] what [the variable |]{v} is [for|good for|about][?|]",
)


def variable(name, *more):
    return tuple(way.format(v=name) for way in VARIABLE) + more


# {s} a preset
PRESET = (
    "What [will come|comes] of [the preset {s}|--preset {s}]?",
    "[What happens|What changes|What do I get] [if|when] I [choose|use|take|set] [the preset {s}|--preset {s}]?",
    "[preset|the preset|--preset] {s}[?|: what is it?| - what for?| means what?|: what does it set?|, what happens?]",
    "[Please |]describe [the preset {s}|--preset {s}|the settings of the preset {s}][ for me| in a sentence|].",
    "[I do not know|I wonder|Can you say|I want to know|Do you know] what the preset {s} [does|is|is for|sets|is good for][?|]",
    "[There is|I found|The manual has|I read of] a preset [called|named] {s}. [What does it do?|What is it?|What does it set?]",
    "[Of the presets|Among the presets], what [is {s}|is {s} for|does {s} do]?",
)


def preset(name, *more):
    return tuple(way.format(s=name) for way in PRESET) + more


# {g} a page; {t} what it describes
PAGE_FOR = (
    "[Where|In which page|In which part of the manual|On which page] [do|can|could|would|should] I [find|look up|learn|read something on] {t}?",
    "[Which|What] [page of the manual|manual page|man page] [should|do|must|can] I [read|open|look at] [for|if I want to understand|to learn about] {t}?",
    "[Is there|Do you have|Do you know|Does the manual have] [a manual page|a page|documentation|something to read] [on|for|that describes|that explains] {t}?",
    "[Where|In which page] do you [describe|explain|document] {t}[ in the manual|]?",
    "[manual page|man page|documentation|page|docs] [for|of|on] {t}[?|, please|]",
    "[I want|I would like|I need|I have] to [read|learn|know] [more |everything |]about {t}. [Which page?|Where?|What should I read?|Where is that written?]",
    "[Point me to|Give me|Show me|Name|I need] the [manual page|man page|documentation] [on|for|of] {t}.",
    "{t}: [which page?|which man page|where is it described?|where do I read on?|documentation?|what do I read?]",
    "[My question is about|I have questions about|I do not understand] {t}. [Where should I look?|Which page helps?|What page should I open?]",
)
PAGE = (
    "[What is in|What do I find in|What can I read in|What stands in|What is the subject of] {g}?",
    "{g}[?|: what is it?| is about what?|: what stands there?| - what for?]",
    "[Why|When] should I [read|open|look at] [the page |]{g}?",
    "[What does|What will] [the page |the manual page |]{g} [tell me|describe|explain|cover]?",
)


def page(name, subjects, *more):
    return tuple(way.format(t=f"[{subjects}]") for way in PAGE_FOR) + tuple(way.format(g=f"[{name}|{name.partition('(')[0]}]") for way in PAGE) + more


# {k} a key, {want}, {doing}
KEY = (
    "{k}[?| in ll-chat| - what for?|: what is it?| in the chat?| does what?|, what happens?]",
    "[What happens|What will happen] [if|when] I [press|hit|type|use] {k}[ in ll-chat| while chatting| in the chat|]?",
    "[What is|What's] {k} [for|good for|used for][ in ll-chat| in a chat|]?",
    "[Why|When] [would|should|do] I [press|hit|use] {k}[ in ll-chat| in a chat|]?",
    "[In|While in] ll-chat, what [is {k} for|happens with {k}|follows after {k}]?",
    "[What|Which keys|Which key] [do|must|should|can] I [press|hit|type] to {want}?",
    "[By which key|With which key|With what keys|By what key] [can|do|could|should] I {want}?",
    "[Is there|Do you know|Do you have] [a key|a shortcut|a key combination] [for {doing}|to {want}]?",
    "[key|shortcut|keyboard shortcut|keys] [for {doing}|to {want}][?|, please|]",
)


def key(name, wants, doings, *more):
    words = {"k": f"[{name}|the key {name}|{name.replace('-', ' ')}|{name.replace('Ctrl', 'Control')}]", "want": f"[{wants}]", "doing": f"[{doings}]"}
    return tuple(way.format(**words) for way in KEY) + more


OF = {
    "The variable LL_MODEL": variable(
        "LL_MODEL",
        "[Which|What] [environment variable|variable] [holds|gives|has|sets] the [model|model file|name of the model|path of the model]?",
        "[I do not want|I would rather not have|It is tedious] to [give|type|write] -m [every time|each time|all the time|again and again]. [What can I do?|What can I set?|Is there a variable?]",
        "[How|In what way] [can|do|could|should] I [set|choose|fix] [the model|a model] [for all programs|for every program|in the environment|for the whole shell|by a variable]?",
        "[Is there|Do you know|Do you have] [a variable|an environment variable] [for|that names|that gives|with] the model[ file|]?",
        "[Instead of|Without] -m[ in each command|]: [which variable|what variable] [names the model file|can I set|is there]?",
        "[All|My] programs [should|must] [use|take|load] the same model. [Which variable do I set?|What do I export?|How do I tell them?]",
        "[variable|environment variable] for the model[ file|][?|, please|]",
        "[If|When] [-m is not given|I leave out -m|there is no -m], [which variable|what variable] [is read|gives the model|is looked at]?"),
    "The variable LL_CPU": variable(
        "LL_CPU",
        "[Which|What] [environment variable|variable] [restricts|limits|lowers|caps|sets a limit to] the [processor|CPU|processor level|CPU level|level of the processor]?",
        "[Can|Could|May] I [limit|restrict|lower|cap] [the processor level|the level of the CPU|what is used of the processor] [by a variable|with a variable|from the environment]?",
        "[Is there|Do you know|Do you have] [a variable|an environment variable] [to limit|that limits|for limiting] [the CPU level|the processor|the level of the processor]?",
        "[I want|I need|We want] [ll|the programs|my pipe] to use [no AVX-512|a lower processor level|less of what the CPU can do|an older level of the CPU]. [Which variable is for that?|What do I set?|What do I export?]",
        "[How|In what way] do I [restrict|cap|lower] the [processor level|CPU level|instructions that are used]?",
        "[variable|environment variable] for the [processor level|CPU level|level of the processor][?|]",
        "[My|The] [pipe|test|program] [should|must] run as if on an older [processor|CPU]. [Which variable?|Is there a variable?|What can I set?]"),
    "The variable LL_CONFIG": variable(
        "LL_CONFIG",
        "[Which|What] [environment variable|variable] [gives|tells|lists|holds] [the configuration files|the files of settings|other files of settings|the config files]?",
        "[Can|Could|May] I [use|read|name|take] [another configuration file|other settings files|my own config file] [by a variable|with a variable|through the environment]?",
        "[Is there|Do you know|Do you have] [a variable|an environment variable] [that names|for|with] [the settings files|the configuration files|the files to read settings from]?",
        "[ll|The programs|My pipe] [should|must] read [another file of settings|a different config file|other settings]. [Which variable do I set?|What do I export?|Which variable is it?]",
        "[variable|environment variable] for the [configuration files|files of settings|config file][?|]",
        "[How|In what way] do I [tell ll|say] [which|what] [settings files|config files|files of settings] [to read|it should read]?",
        "[Instead of|In place of] the usual [settings files|config files], [which variable names others|what variable names other ones]?"),
    "The file of the user": (
        "[Which|What] [file|config file] [in my home|of my own|of the user|for me alone] [holds|has|keeps|contains] [the settings|my settings|my configuration|what I set]?",
        "[What is|What's] [the name of|the path of|the path to] [my|the user's|my own] [configuration file|settings file|config file|file of settings]?",
        "[Where|In which file] [does ll|do the programs|do you] [look for|read|take] [my settings|my own settings|the settings of the user|the user's settings]?",
        "[Where|In which file] [should|must|do] I [write|put] [my own defaults|my own model|my preferences|what only I want]?",
        "[my|user] [config file|configuration file|settings file|configuration][?| - where?|: where is it?| path]",
        "[I want|I'd like|I would like|We want] to [change|edit|write|set] my [own |]settings[ for ll|]. [Which file?|In which file?|What file do I edit?]",
        "[Is there|Do you know|Do you have] a [file|config file|settings file] [for my own settings|of the user|in my home directory|just for me]?",
        "[Only|Just] for [me|my account|one user]: [which file has the settings?|where do settings stand?|what is the config file?]",
        "[A|The] single user's settings [are|stand|lie] in [which|what] file?",
        "[Give me|Name|I need] the [path|file|name] [of|for] [the user's settings|my settings|my configuration][.|, please.]"),
    "The file for all users": (
        "[Which|What] [file|config file] [holds|has|keeps|contains] [settings|the settings|the configuration] [of the whole machine|for every user|that all users share|of the system]?",
        "[What is|What's] the [path|name] of the [system wide|global|machine wide|common] [settings file|config file|configuration]?",
        "[global|system|system wide|machine wide|common] [config file|settings file|configuration file|settings][?| - where?|: which file?]",
        "[Where|In which file] [does|can|should] [an administrator|the admin|root] [set|write|put] [defaults|settings|the model] for [all users|all people|every user]?",
        "[I am|I work as] [the admin|root|the administrator]. [Where do I put settings for all users?|Which file is for every user?|In which file do I set things for all accounts?]",
        "[All|Many] [users|people|accounts] on [this machine|the server|our computer] [should|must] have the same settings. [Which file?|In which file?|Where do I write them?]",
        "[Is there|Do you know|Do you have] a [file|config file|settings file] [for all users|of the machine|that counts for each user]?",
        "[Not only|Not just] for me, [but for all users|but for the whole machine]: [which file has the settings?|where do settings go?|what file is it?]",
        "[Settings|Defaults] [of the machine|for the whole system|that each user gets] [are|stand] in [which|what] file?"),
    "The option --print-config": (
        "[What is|What's] --print-config[ for| good for|]?",
        "--print-config[?|: what is it?| does what?| - what for?| meaning]",
        "[What happens|What do I get|What comes out] [if|when] I [give|add|use|pass] --print-config?",
        "[What|Which] [option|flag|switch] [prints|tells|lists|writes out] [the settings|all settings|the configuration|what is set|the current settings]?",
        "[How|In what way] [do|could|can] I [see|check|find out|list|look at] [which settings are in force|the current settings|what is set|the settings of a program|the configuration that is used]?",
        "[Is there|Do you know|Do you have] [an option|a flag|a switch] [to show|that prints|to see|that tells me] [the settings|the configuration|what is set]?",
        "[I am not sure|I do not know|I wonder|I forgot] [which settings are in use|what settings are active|what is set]. [Which option tells me?|Is there an option?|How do I see it?]",
        "[Show me|Let me see|I want to see|I need to see] [all settings in force|the settings that count|the current configuration]: [which option?|by which flag?|how?]",
        "[option|flag] to [see|show|list] [the settings|the configuration|what is set][?|]",
        "Before I run [it|the pipe], I want to [see|check] its settings. [Which option?|How?|What flag is for that?]"),
    "The presets are": (
        "[What|Which] [presets|values of --preset|names of presets] [are there|can I choose from|do you know|does ll have|can I use|exist]?",
        "[Which|What] [names|words|values] can I give to --preset?",
        "[How many|Which] presets [are there|do you have|does ll have], and [what are they called|what are their names]?",
        "[names of the presets|presets to choose from|all presets by name|choice between presets][?|, please|]",
        "[I want|I'd like|I would like|We want] to [choose|use|take|try] a preset. [Which ones are there?|What can I choose from?|Which do you have?]",
        "[Give me|Show me|I need|Enumerate|Let me have] [the names of all presets|a list of the presets|every preset|the presets that exist].",
        "[Can|Could] you [list|name|tell me|enumerate] [the presets|the names of the presets|all the presets that there are]?",
        "[What|Which] [choices|possibilities] do I have for [a preset|the preset|--preset]?",
        "--preset [takes|knows|accepts] [which|what] [names|values]?",
        "[Besides greedy|Apart from creative|Besides precise], [which|what] presets are there?"),
    "The preset greedy": preset(
        "greedy",
        "[Which|What] preset [always |]takes [the most likely token|the most probable token|the best token|the token of the highest probability]?",
        "[Is there|Do you know|Do you have] a preset [that takes|to take|for] the [likeliest|most likely|most probable] token[ always|]?",
        "Which token does [the preset greedy|--preset greedy] [take|choose|pick|give me]?",
        "preset for the [likeliest|most likely|most probable] token[?|]"),
    "The preset creative": preset(
        "creative",
        "[Which|What] [temperature|value of the temperature] [has the preset creative|does the preset creative have|does --preset creative set|comes with the preset creative]?",
        "[Which|What] preset [sets|uses|comes with|gives] [the temperature 1|a temperature of 1|temperature one]?",
        "[Is there|Do you know|Do you have] a preset with [the temperature 1|a temperature of one|temperature 1.0]?",
        "[I want|I'd like|I would like] [bolder answers|more surprising text]: [which preset has temperature 1?|what is the preset with temperature 1?]"),
    "The preset precise": preset(
        "precise",
        "[Which|What] [temperature|value of the temperature] [has the preset precise|does the preset precise have|does --preset precise set|comes with the preset precise]?",
        "[Which|What] preset [sets|uses|has|comes with|gives] [the temperature 0.2|a temperature of 0.2|temperature 0.2]?",
        "[Is there|Do you know|Do you have] a preset with [the temperature 0.2|a temperature of 0.2|temperature 0.2|a low temperature like 0.2]?"),
    "With temperature 0": (
        "[What|Which token] [is taken|do I get|is chosen|comes out] [with|at] [temperature 0|-t 0|temperature zero|a temperature of 0]?",
        "[What happens|What changes|What will happen] [if|when] [the temperature is 0|I set the temperature to 0|I give -t 0|the temperature is zero|I set -t to zero]?",
        "[temperature 0|-t 0|temperature zero|a temperature of 0][?|: what happens?| means what?|, what is that?| - what is taken?| effect]",
        "[What is|What's] [the effect|the use|the meaning|the point] of [temperature 0|-t 0|temperature zero|a temperature of 0]?",
        "[Which|What] temperature [takes|gives|chooses] [always |]the [likeliest|most likely|most probable] token?",
        "[Why|When] [would|should|do] I [set the temperature to 0|use -t 0|take temperature 0|sample with a temperature of zero]?",
        "[To|In order to] [get|have|take] the [likeliest|most probable] token each time, [which temperature do I set|what must the temperature be|how low must the temperature be]?",
        "Is [temperature 0|-t 0|a temperature of zero] [allowed|random|useful|special]? What [happens then|is taken then|does it do]?",
        "[I run ll-sample -t 0|I sample with -t 0|I set temperature 0|My temperature is 0]. [What happens?|Which token is taken?|What does it do?]"),
    "The command /undo": command(
        "/undo", "take back what I said|undo my last message|remove the last message|take my last message back|delete my last question|step back",
        "taking back a message|undoing the last message|removing the last message|undo",
        "[I made|There was|I see] [a mistake|a typo|an error] in my last message[ in ll-chat| in the chat|]. [How do I take it back?|Can I undo it?|Which command removes it?]"),
    "The command /retry": command(
        "/retry", "get a second answer|have the answer made again|let it answer again|try the last message again|see a different answer|repeat the last question",
        "a new answer|trying again|another try at the answer|answering again",
        "[I do not like|I am not happy with|I don't want] [the answer|that answer|what the model said][ in ll-chat| in the chat|]. [How can it try again?|Which command makes it answer again?|Can it answer anew?]"),
    "The command /save": command(
        "/save", "save the conversation|save our talk|keep the conversation in a file|store this chat|write the conversation to a file|save my chat",
        "saving the conversation|saving a chat|keeping our talk|storing a conversation",
        "[I want|I need|We want] to [keep|store|save] [our conversation|this chat|what we said] for [later|tomorrow]. [What do I type?|Which command?|How?]"),
    "The command /load": command(
        "/load", "load an old conversation|go on with a saved conversation|open a saved chat|continue an old chat|read a conversation back in|go on where I was",
        "loading a conversation|going on with a saved chat|opening a saved conversation|continuing an old conversation",
        "[Yesterday|Last week] I saved a [chat|conversation]. [How do I go on with it?|How can I load it?|Which command opens it?]"),
    "The command /reset": command(
        "/reset", "begin anew|start again from nothing|forget all messages|clear the conversation|start over|begin a new conversation",
        "beginning anew|starting over|a fresh start|clearing the conversation",
        "[I want|I need|Let us have] a [fresh start|new beginning|clean conversation][ in ll-chat| in the chat|]. [What do I type?|Which command is that?|How?]"),
    "The command /stats": command(
        "/stats", "see the speed|know how fast it is|see how many tokens a second there are|learn the speed of the answers|see how fast the model answers",
        "the speed|tokens a second|seeing the speed|the speed of the answers",
        "[How fast|With which speed] does the model answer [in ll-chat|in my chat]? [Which command tells me?|What do I type to see it?]"),
    "The command /tokens": command(
        "/tokens", "count tokens|see how many tokens the answers have|count the tokens of the answers|know the number of tokens|see the count of tokens",
        "counting tokens|the number of tokens|a count of the tokens|the tokens of an answer",
        "[How many|I wonder how many] tokens does [the answer|my chat] have[ in ll-chat| so far|]? [Which chat command counts them?|What do I type in the chat?]"),
    "The command /help": command(
        "/help", "see all commands|list the commands|find out what commands there are|get help|see what I can type|get a list of commands",
        "help|a list of commands|seeing the commands|listing the commands",
        "[Which|What] commands [are there in ll-chat|does ll-chat have|can I type in ll-chat]? [How do I list them?|What shows them?]",
        "[I do not know|I forgot|I can't remember] the commands of the chat. [What lists them?|How do I list them?|Where do I find help?]"),
    "The command /system": command(
        "/system", "change the system message|give a new system message|set another system message|tell the model who it is|set the system prompt",
        "the system message|changing the system message|setting the system prompt|a new system message",
        "[The|My] chat [is running|has begun]. [How do I change the system message now?|Can I still set the system message?|Which command sets the system message?]"),
    "Ctrl-C": key(
        "Ctrl-C", "stop the answer|break off an answer|cut an answer short|interrupt the model|make the model stop talking|end an answer early",
        "stopping an answer|interrupting the answer|breaking off an answer|stopping the model",
        "[The|This] answer [is too long|goes on and on|never ends|is wrong|is boring][ in ll-chat|]. [How can I stop it?|What do I press?|How do I interrupt it?]",
        "[How|In what way] [can|do|could] I [interrupt|break off|cut short|halt] [an answer|the answer|the model while it answers]?",
        "[The|My] model [talks too much|will not stop|does not stop]. [What do I press?|How can I interrupt it?|How do I break it off?]"),
    "Ctrl-D": key(
        "Ctrl-D", "leave ll-chat|quit ll-chat|leave the chat|get out of ll-chat|close the chat|finish ll-chat|exit ll-chat",
        "leaving ll-chat|quitting the chat|ending ll-chat|getting out of the chat",
        "[How|In what way] [can|do|could] I [leave|quit|exit|close|get out of] [ll-chat|the chat]?",
        "[I am done with ll-chat|I have finished chatting|I am finished with the chat|Enough of ll-chat]. [How do I leave?|How do I get out?|What do I press?]",
        "[quit|exit|leave|end] [ll-chat|the chat][?|, how?|: which key?]"),
    "The page ll-stream(5)": page(
        "ll-stream(5)", "streams|the format of streams|what a stream is made of|the frames of a stream|the stream format|how streams are written",
        "[How|In what form] is a stream written? [Which page tells me?|Where can I read it?|Which page describes it?]"),
    "The page ll-model(5)": page(
        "ll-model(5)", "model files|the files of models|which model files are read|GGUF and safetensors files|the format of model files|what a model file has in it",
        "[What|Which] kinds of model file can ll read? [Which page tells me?|Where is that written?|Which page describes them?]"),
    "The page ll-config(5)": page(
        "ll-config(5)", "settings|configuration|the settings files|files of settings|how settings are written|the configuration of ll",
        "[I write|I edit|I have] a [file of settings|config file]. [Which page tells me how?|Where can I read how it is written?|Which page describes it?]"),
    "The page ll-messages(5)": page(
        "ll-messages(5)", "conversations|messages in JSON|the format of conversations|how a conversation is written|messages and roles|the records of a conversation",
        "[How|In what form] [is a conversation written|do I write a conversation]? [Which page tells me?|Which page describes it?]"),
    "The page ll-pipelines(7)": page(
        "ll-pipelines(7)", "pipes to copy|examples of pipes|ready pipes|pipelines that I can copy|more pipes|many examples of pipelines",
        "[I want|I would like|We need] [ready pipes|pipes to copy|more examples of pipes]. [Which page has them?|Where are they?|Is there a page?]"),
    "The page ll-recipes(7)": page(
        "ll-recipes(7)", "recipes for training|training recipes|recipes for tuning and training|recipes to train a model|ready recipes for training",
        "[I want|I would like|We plan] to train a model. [Which page has recipes?|Where are the recipes?|Is there a page with recipes?]"),
    "The model that comes with ll": (
        "[Which|What] model is [included|part of ll|in the package|delivered with ll|shipped with ll]?",
        "[Which model runs|Which model is used|Which model do I get|What model is loaded] [when|if] I [give no model|do not give a model|do not name one|leave out -m]?",
        "[Is there|Do you have|Does ll have] [a model|a small model|some model] [in it|of its own|ready to use|that comes with it]?",
        "ll-4m[?|: what is it?| - what is that?| is what?| meaning]",
        "[I have|There is] no model[ file|]. [Which one comes with ll?|What can I use?|Is there one in ll?]",
        "What is the model [that comes with ll|that ll brings|of ll itself|that is in the package] [called|named]?",
        "Without [-m|a model file|a model of my own], [which model|what model] [is taken|is used|answers|do I get]?",
        "[What is|What's] [the model ll-4m|this ll-4m|ll-4m good for|the small model of ll]?",
        "[Name|Give me the name of|I want to know] the [small |]model [that comes with ll|that ll has in it|shipped with ll].",
        "[default|included|bundled|built in] model[?|: which?| of ll| name]"),
    "The feeder": (
        "[What|Which program|Which stage] [sends|gives|passes] [the tokens|each token|new tokens] back [to the head|to the beginning of the pipe|upstream]?",
        "[What is|What's] [a feeder|the feeder|the feeder in a pipe|called the feeder]?",
        "[feeder|the feeder|feeder of a pipe][?|: what is it?| is which program?|, which one?| meaning]",
        "[Which|What] [stage|part|member|program] of [the pipe|a pipe|a pipeline] is [called |]the feeder?",
        "[Who|What|Which program] is the feeder [in a pipe|of the pipe|when I generate text|here]?",
        "[The|A] pipe has a feeder. [Which program is it?|What is it?|Which one?]",
        "[I read of|The manual speaks of|There is talk of|What is meant by] [a feeder|the feeder][. What is it?|. Which program is that?|?]",
        "[From which program|From where|From whom] does the head get [the tokens|each token|new tokens][ back|]?",
        "Which program does [the feeding of tokens|the feeding back|the feeder's work]?",
        "[Each|A] new token goes back to the head. [Who sends it?|Which program sends it there?|Who is the feeder?]"),
    "The head": (
        "[What is the work of|What is the job of|What is the task of|What does one call|What is] the head of [a|the|my] [pipe|pipeline]?",
        "[head|the head|head of a pipe|head of the pipe][?|: what is it?|, what does it do?| - what for?| meaning]",
        "[I read of|The manual speaks of|There is talk of] the head of a [pipe|pipeline]. [What is that?|What does it do?|What is its job?]",
        "[Which part|Which stage|What part] of [the pipe|a pipe|a pipeline] [takes in|receives|gets|accepts] [prompts|the prompts]?",
        "[Where|At which stage] [do prompts come in|do the prompts enter the pipe|are prompts taken in]?",
        "[Why|For what] does a pipe [have|need] a head?",
        "[The|A] pipe has a head. [What does it do?|What is it for?|What is its task?]",
        "[I do not know|I wonder|Can you tell me|I want to know] what the head of a pipe [is|does|is for][?|]",
        "[Into what|To which part of a pipe] do [prompts|my prompts|the prompts] go[ first|]?"),
    "The formats of ll-convert": (
        "[Which|What] kinds of [model |]file [can be written by|can be made with|come out of|does one get from] ll-convert?",
        "[Into|To] which formats [can|does] ll-convert [turn|convert|bring] [a model|models|my model]?",
        "[What|Which formats] can I [give to --to of ll-convert|name after --to in ll-convert|choose with ll-convert --to]?",
        "[formats|file formats|output formats] of ll-convert[?|: which?|, please|]",
        "ll-convert: [which formats are there?|formats?|what can it write?|which formats can I choose?|list the formats]",
        "[Can|Does] ll-convert [write|make] [gguf|safetensors|other formats]? [Which formats are there?|Which ones?|What formats has it?]",
        "[I want|I'd like|We need] to convert a model. [Which formats can I choose?|To which formats?|What formats has ll-convert?]",
        "[Which formats are possible|Which formats are there|formats can I choose] [for|in|with] ll-convert?",
        "How many formats [can ll-convert write|are there in ll-convert|does ll-convert have][, and which|, and what are they|]?"),
    "The types of --dtype": (
        "[Which|What] [types|types of numbers] can I [choose|give|set|name] [with|by] --dtype?",
        "[What types are|Which types are] [allowed|possible|known] [for|with] --dtype?",
        "--dtype[: which types?| - which types are there?| types| can be what?|: what can I choose?|: f32 or what else?]",
        "[List|Name|Give me|Show me] [all types|the types|every type|the choices] [of|for] --dtype[.|, please.]",
        "[How many|Which] types [are there|can I have] [for|with] --dtype[, and which|]?",
        "[Can|May] I [use --dtype with|set --dtype to] [bf16|f16|f32|f64|int8]? [What types are there?|Which types can it be?|What else?]",
        "[types|possible types|list of types] [of|for] --dtype[?|]",
        "[Besides|Apart from] [f32|f16|bf16], [what|which types] can --dtype be?",
        "[What|Which type names|Which words] [may|can] [stand|I write] [after|behind] --dtype?"),
    "Hidden states are f32": (
        "[What|Which] type [of number |]do hidden states have [if I set nothing|when nothing is said|if I do not choose one|at first]?",
        "[In|As] [which|what] type are hidden states [sent|written|passed on] [by default|if I set nothing|when nothing is said]?",
        "[hidden states|hidden states by default|values of hidden states|by default, hidden states][: which type?| are of which type?| are f16 or f32?| have what type?]",
        "Are hidden states [f16|f32|bf16|of 16 bits|of 32 bits] by default?",
        "Of how many bits is [a hidden state|each value of a hidden state] by default?",
        "What is the [usual|default|standard] type of [the |]hidden states[ in a stream|]?",
        "[A|The] stream has hidden states. [Of which type are they by default?|Which type do they have if I set none?|What is their usual type?]",
        "[If|When] I [say|set|choose|give] nothing, [how|in which type|as what type] are hidden states [sent|written]?",
        "[Which|What] numbers are hidden states [made of|sent as|written as] by default?"),
    "The result is the same": (
        "Is the result [the same|different|another one] [for|with] [another batch|a larger batch|any size of the batch|a batch of 1]?",
        "[Do|Will] [I|we] get [other|different|the same] [results|numbers|logits|answers] [with|for|if I take] [another batch|a larger batch|a smaller batch|a different batch]?",
        "[Does|Will] the [size of the batch|batch size|batch] [matter for|affect|influence|alter|have an effect on] [the result|the results|what comes out|the answers|the logits]?",
        "[How|In what way] does the [batch|batch size|size of the batch] [change|affect|influence] the [result|results|answers]?",
        "[batch and result|same result for any batch|does batch size matter|other batch, other result][?|]",
        "[If|When] I [change|raise|lower|double] [the batch|-b|the batch size], [is the result still the same|will the result change|do I get other answers|does the result stay the same]?",
        "[Is the result independent of|Are the logits independent of|Do the answers depend on|Does the result depend on] the batch?",
        "[Can|May] I [compare|trust] [results|runs] [with|of] different [batches|batch sizes]? [Are they the same?|Is the result the same?]",
        "[With|For] [8 sequences|one sequence|32 sequences] at once[, is the result the same| or one: is the result the same| or alone: any difference in the result]?"),
    "A template is never executed": (
        "[Does|Will|Would] [the program|ll-tokenize|anything] [ever |]execute [a|the|my] [chat template|template] of [a model|the model file|mine]?",
        "Is [the template|a model's template|the chat template] [ever executed|executed by ll|run as code]?",
        "[Can|Could|May] [a template|the template|a chat template] [do harm|run code|execute something|be dangerous|run commands][ on my machine|]?",
        "[Is it safe|Is it dangerous] to [use|load|open] a model with [a strange|an unknown|a bad|a foreign] [chat |]template?",
        "[chat template|template|templates of models][: executed?|: run or not?|: is it executed?| safe?| - are they executed?]",
        "[I am afraid|I fear|I worry] that [a template|the chat template] [runs code|is executed|does harm]. [Is it executed?|Does it happen?|Is that so?]",
        "What [happens to|is done with|do you do with] the [chat template|template of a model]: [is it executed|is it run]?",
        "Will [a model file|the model|a foreign model] [get|have] its template [executed|run] [by ll|here|on my machine]?",
        "[Do|Will] you [execute|run|evaluate] [chat templates|a template|the template in the model file]?",
        "[When|How often|By which program] is [a|the] [chat template|template] executed?"),
    "First ll-tokenize": (
        "[In|By] [which|what] order [do|must|should] [the programs|the stages|the tools] [stand|come|run] in [a pipe|the pipe|a pipeline]?",
        "[Which|What] program [comes|stands|is|runs] [first|last|second|next] in [a pipe|the pipe|a pipeline][, and which then|, what is the order|]?",
        "[order|the order|right order|sequence] of [the programs|the stages|the tools] [in a pipe|of a pipe|in the pipe][?|]",
        "[I want|I would like|I have] to build a pipe. [Which programs, in which order?|What is the order of the programs?|Which program is first?]",
        "[What programs does|Which programs does|Which stages does] [a pipe|a pipeline|the usual pipe] [have|consist of|need]?",
        "[What|Which one|Which program] comes first, [ll-tokenize or ll-forward|ll-sample or ll-forward|ll-forward or ll-tokenize|ll-sample or ll-tokenize]?",
        "[Name|Give me|Tell me|List] the [stages|programs|tools] of [a pipe|the pipe] in [order|the right order|their order][.|, please.]",
        "[After|Behind] [ll-tokenize|ll-forward], [which program comes next|what comes|what follows] in the pipe?",
        "[Before|Ahead of] [ll-sample|ll-forward], [which program stands|what comes|what must run] in the pipe?",
        "In what order are the programs [put together|joined|connected|arranged|chained][ to a pipe| in a pipe|]?"),
    "ll-tokenize --chat -p": (
        "[Can|Could|Would] you [show|give|write|type] me [a pipe|the pipe|a command line|the whole command] [for a question|that answers a question|to ask something|for one prompt]?",
        "[I want|I'd like|I need|We want] [a pipe|a command line|an example of a pipe] [that answers a question|for one question|to ask the model something|that says hi to a model].",
        "[How|In what way] [can|could|would] I [ask a model something|put a question to a model|send one message] [with a pipe|in the shell|on the command line|without ll-chat]?",
        "[example|an example|example of a pipe|a sample pipe|pipe for a question|pipe example][?| please|]",
        "[Write|Print|Type] [out |down |]a [full |complete |whole |simple |]pipe[ for me| for a question| for a chat|].",
        "[Which pipe|What pipe] [do|must|should] I type to [ask one question|get an answer to a question|say hi to the model|put one question to a model]?",
        "[Let me see|Show us|Show] [an example of a pipe|one pipe that answers|the pipe from question to answer|a simple pipe].",
        "[A|One] pipe [from|that goes from] [a question to an answer|prompt to answer|question to answer][, please|: how do I write it?|]",
        "[Is there|Do you know|Do you have] [a pipe|an example pipe|a pipe to copy] [for a question|that answers one question|for a short chat]?"),
    "ll-tokenize notes.txt": (
        "[Which|What] [pipe|command line] [gives|tells|computes|prints] [me |]the perplexity[ of notes.txt| of a file|]?",
        "[Write|Print|Type] [me |]a pipe [for|that computes|that gives] the perplexity[ of notes.txt| of my notes|].",
        "[pipe|a pipe|command line|whole command] [for|with] perplexity[ of notes.txt|][?|, please|]",
        "[I have|Here is|There is] [a file notes.txt|notes.txt]. [Which pipe gives its perplexity?|What is the pipe for its perplexity?|How do I get its perplexity?]",
        "[How|In what way] [can|do|could] I [compute|find|measure|know] the perplexity of [notes.txt|the file notes.txt|my notes.txt]?",
        "[I want|I need|I'd like|We need] [a pipe|the pipe|the whole pipe] [for perplexity|that tells the perplexity|to get the perplexity of notes.txt].",
        "[Can|Could|Would] you [show|give|write] me the pipe for [perplexity|the perplexity of a file|the perplexity of notes.txt]?",
        "[perplexity of notes.txt|notes.txt perplexity|notes.txt: perplexity][?|, how?|: which pipe?| as a pipe]",
        "[What|Which pipe] do I [type|run|write] to [see|get|learn] the perplexity of notes.txt?"),
    "ll-tokenize --count notes.txt": (
        "[Which|What] [command|command line|shell command] [gives|tells|prints|shows] [me |]the [number|count] of tokens [of|in] [notes.txt|the file notes.txt]?",
        "[How|I wonder how] many tokens [are in|has|are there in] notes.txt[?|]",
        "[What|Which command] do I [type|run|write] [in the shell |]to [count|see] the tokens [of|in] notes.txt?",
        "[I have|Here is|There is] [a file notes.txt|notes.txt]. [How many tokens has it?|Which command counts its tokens?|How do I count its tokens?]",
        "[notes.txt|the file notes.txt]: [how many tokens?|count the tokens|number of tokens|token count]",
        "[Write|Give me|Print] the [command|command line] [that counts|for counting|to count] the tokens of [notes.txt|a file like notes.txt|the file notes.txt].",
        "[In|From] the shell: [count the tokens of notes.txt|how many tokens are in notes.txt|the tokens of notes.txt, please]",
        "[I want|I need|I'd like] [to know how many tokens notes.txt has|the number of tokens in notes.txt|a command line that counts the tokens of notes.txt].",
        "[Can|Could|Would] you [give|show|write] me the [command|command line] [for the number of tokens in notes.txt|that counts tokens in notes.txt|to count tokens in notes.txt]?"),
    "The variable is written": (
        "[How|In what way] [do I write|do I spell|do I form|do I get] the variable [of|for] an option?",
        "[Can|Could|May] I [set|give] [an option|any option|options] [through the environment|by a variable|with an environment variable]? [How is it written?|What is it called?|How do I write it?]",
        "What is [the rule|the pattern] for [names of variables|the names of variables|the variables of options]?",
        "[How|In which way] are [environment variables|the variables] of [options|settings|ll] [written|spelled|formed|called]?",
        "[Every|Each|An] option [can be|may be] [set by a variable|given as an environment variable]. [How is it written?|How do I write it?|How do I spell it?]",
        "[names of|spelling of|rule for] [variables|environment variables|the variables of options][?|]",
        "[I want|I would like|I need] to set [an option|a key] [in the environment|by a variable]. [How do I write it?|How is the variable written?|What is the rule?]",
        "[How|In what way] do I turn [a key|an option|the name of an option] into [a variable|an environment variable|the name of a variable]?",
        "[From|Out of] [a key|an option], [how do I make|how do I get] the [variable|environment variable]?"),
    "At most 20 tokens": (
        "[How many|What number of] [tokens|likely tokens|likeliest tokens] [does|will|may] --logprobs [tell|show|give|print] at [most|the most]?",
        "[What is|What's] the [limit|largest value|highest value|upper limit|greatest number] [of|for|with] --logprobs?",
        "[limit|maximum|max|largest value|upper limit] [of|for] --logprobs[?|]",
        "--logprobs[: how many?| limit| maximum|: at most how many?| up to which number?|: what is the most?]",
        "[Can|May|Could] I [use|ask for|set] [--logprobs 50|--logprobs 100|--logprobs 30|100 tokens from --logprobs|--logprobs of 40]? [What is the limit?|How many at most?|How far can I go?]",
        "[Up to|To] [which|what] [number|value] [can|may] [--logprobs go|I set --logprobs|I raise --logprobs]?",
        "[Is there|Do you know] a [limit|maximum|upper limit] [of|for|to] --logprobs[, and which|]?",
        "[I want|I'd like|I need] [many|more|a lot of] tokens from --logprobs. [How many are possible?|What is the limit?|What is the maximum?]",
        "[With|By] --logprobs, [how many of the likeliest tokens can I see|how many tokens can be told|how many tokens at most]?"),
    "At most 16 members": (
        "[How many|What number of] [members|streams|pipes] [does|can|may|will] ll-mix [take|mix|join|accept|have][ at most| at once|]?",
        "[What is|What's] the [limit|largest number|highest number|upper limit|maximum] of [members|streams|pipes] [in|for|of] ll-mix?",
        "[limit|maximum|max|largest number] of [members|streams][ to mix| in a mix| for ll-mix| of ll-mix][?|]",
        "ll-mix[: how many members?| limit| maximum of members|: at most how many streams?| members: how many?]",
        "[Can|May|Could] I mix [20|32|17|100|many|so many] [streams|members|models]? [What is the limit?|How many at most?|How many may there be?]",
        "[Up to|To] how many [members|streams|models] can [I|one|ll-mix] mix?",
        "[Is there|Do you know] a [limit|maximum|upper limit] [of|to|for] the [members|streams] [of|in] [a mix|ll-mix]?",
        "[A|My] mix has many [members|streams]. [How many may there be?|How many can there be?|What is the limit?|Where is the limit?]",
        "[How many|At most how many] [members|streams] [are allowed|are possible|may there be|can there be] in [a mix|ll-mix]?"),
    "At most 64 beams": (
        "[How many|What number of] beams [does|can|may|will] [ll-sample|--beams|a search|the search] [use|take|have][ at most|]?",
        "[What is|What's] the [limit|largest value|highest value|upper limit|greatest number] [of|for] [beams|--beams]?",
        "[limit|maximum|max|largest number|upper limit] [of|for] [beams|--beams][?|]",
        "[--beams|beams][: how many?| limit| maximum|: at most how many?| up to which number?|: how many are allowed?]",
        "[Can|May|Could] I [use|search with|have] [100|128|65|200|so many|a thousand] beams? [What is the limit?|How many at most?|How many are allowed?]",
        "[Up to|To] [which|what] [number|value] [can|may] [--beams go|I set --beams|I raise --beams]?",
        "[Is there|Do you know] a [limit|maximum|upper limit] [of|for|to] [--beams|the number of beams][, and which|]?",
        "[I want|I'd like|I need] [many|more|a lot of] beams. [How many are possible?|What is the limit?|What is the maximum?]",
        "[A|My] [beam search|search with beams] [should|must] be wide. [How many beams may it have?|What is the limit?|How many beams are allowed?]"),
    # small talk
    "Hello! How can I help you?": (
        "[Hello|Hi|Greetings|Good day|Hullo|Howdy|Hiya][ to you| again| my friend| little model| everyone| dear model| friend|][!|.|,|]",
        "[hello|hi|hullo|howdy|hi hi|yo][ model| you| again| friend| friend!|]",
        "Good [morning|evening|afternoon|day][ to you| model| my friend| again| dear model|][!|.|]",
        "[good morning|good evening|good afternoon|good day|morning|evening|gday][!|]",
        "[Hello|Hi|Hey][,|!] [it is me|I am back|here I am|it's me again|I am new here|nice to meet you][.|!|]",
        "[Nice|Good|Glad|Happy] to [meet|see] you[!|.| again.|]",
        "[Hello|Hi|Hey], [my name is|I am|this is] [Tom|Lucy|Anna|Ben|Mia|Sam|Max|your friend|a teacher|a new user].",
        "[Is anybody|Is anyone|Is someone] [there|here|home][?|, hello?]",
        "[Can|Could|May|Shall] we [talk|chat][ a bit| a little| now|]?",
        "[Are you there|Are you awake|Are you ready|Are you listening|Can we begin][?| now?]",
        "[Hello|Hi|Hey], [are you there|are you ready|can we talk|is anyone there|can you hear me][?|]",
        "[Let us|Let's|I want to|I'd like to] [talk|chat][ a bit| a little|][.|!|]",
        "[Hello|Hi|Good morning|Good evening], [dear |little |small |]model[!|.]",
        "[I am back|Back again|Here I am again|I'm here|It is me again|I'm back][!|.]",
        "[A good|A very good|A lovely|A fine] [morning|evening|day|afternoon] to you[!|.]"),
    "I am a small model.": (
        "[What|Which things] [can|could|do] you [do|know|offer|help with|answer|talk about][ for me| here|]?",
        "[Who|What] am I [talking to|talking with|speaking to|chatting with][ here|]?",
        "[Are you|Is this] [a person|a machine|a computer|a chat bot|an AI|a program|a language model|a real person|alive]?",
        "[What|Which questions] [can|may|should] I ask[ you| here|][?|]",
        "[I need|I could use|Please give me] [some |a little |]help[.|!|, please.]",
        "What [kind|sort] of [machine|thing|assistant|being|program] are you?",
        "[Describe|Present|Please introduce|Please describe] yourself[.| in a sentence.| to me.| to the class.]",
        "[How|With what] [can|could|will] you [help|assist] [me|us]?",
        "[What's|What is|Tell me|May I know|Say] your name[?|]",
        "[What|Which things] are you [able to do|made for|good at|there for|best at]?",
        "[I do not know|I have no idea|I wonder|I want to know] [what you are|who you are|what you can do|what I can ask you].",
        "[Do you know|Can you do] [much|a lot|anything|everything|many things][?|, or not?]",
        "[What are your skills|What are your talents|What is your job|What is your purpose|What are your topics|What is your task]?",
        "[who are u|who r u|what r you|what are u|your name|name|help me please|help please|what now|options|menu][?|]",
        "[How|So how] [big|large|small|clever|smart] are you[?|, model?]",
        "[A friend|My teacher|Somebody] [sent me to you|told me of you|said that you can help]. [What can you do?|Who are you?|What are you?|What do you know?]",
        "[What subjects do you know|Tell me what you know|What topics can you talk about|Say what you know][.|, please.]"),
    "I do not know that.": (
        "[How|And how] are you[ doing| feeling| getting on|][ today| this morning| tonight|]?",
        "[How|So how] [is it going|do you do|do you feel|was your day|did you sleep][ today| then|]?",
        "[Where|In which town|In which country] [are you from|do you live|were you born|is your home|do you sit]?",
        "[What|Which] [colour|food|song|number|animal|season] do you like [best|most]?",
        "[Who|What|Which company] [made|built|trained|wrote|pays|owns] you?",
        "[Do you|Can you] [sleep|eat|dream|feel pain|hear me|see me|remember me|think|love me]?",
        "[What|Who] [is the sense of life|is God|comes after death|is happiness|was there before the world]?",
        "[When|Where] [were you made|were you born|is your birthday|did you learn that]?",
        "[Who|Which team] [wins|will win|won] [the match|the cup|the race|the election|tonight]?",
        "[Where|In which room] [are|did I put] my [keys|glasses|socks|gloves|books|papers]?",
        "[What|Which dish] did I [have for dinner|cook yesterday|drink|order]?",
        "[Do you know|Can you guess|Tell me|Guess] [who I am|what I am called|my birthday|what I had for lunch|my height][?|]",
        "[Are you|Do you get] [tired|happy|sad|bored|angry|hungry|lonely][ now and then| at night|]?",
        "[Do you have|Have you] [friends|a family|feelings|a body|a mother|a dream]?",
        "[What|Which] [date|year|day of the week] [is it|do we have] [today|now]?"),
    "You are welcome!": (
        "[Thanks|Thank you|Many thanks|Thx|Cheers|Ty|thank u|thanks][!|.| my friend!| dear model.| for that.| again.|, model.|]",
        "[Thanks|Thank you|Many thanks] for [the story|your help|the answer|that|everything|your time|the good story|this][!|.|]",
        "[That|This|It] [was|is] [nice|great|helpful|lovely|very good|what I wanted|kind of you|just right][, thanks|, thank you|. Thanks|. Thank you][!|.]",
        "[I am|I'm] [very |so |really |]grateful[ for that| for your help| to you|][.|!]",
        "[You|That] helped me[ a lot| very much|][.|!][ Thanks.| Thank you!|]",
        "[Great|Good|Super|Perfect|Wonderful|Cool|Fine|Lovely|Nice|Excellent|Very well], [thanks|thank you|many thanks][.|!|]",
        "[Good|Nice|Great|Excellent|Fine] [work|job|answer|story|one][, thanks| and thank you|, thank you|][.|!]",
        "[Oh|Ah|Ok|Okay|Yes|Right], [thank you|thanks|I thank you|many thanks][.|!| very much.]",
        "[How kind of you|That is very kind of you|You are so kind|You are very kind]. [Thanks|Thank you][.|!]",
        "[I want|I would like|I'd like] to thank you[ for your help| for the story| for that|].",
        "Thank you [ever so much|indeed|and well done|once more|from my heart][.|!|]",
        "[We|My children|My kids|The children|My son and I] [say thank you|thank you|want to say thanks][.|!]",
        "[I like it|I love it|I liked that|Just what I needed|That is what I wanted][, thanks|. Thank you|. Thanks][.|!]",
        "[much appreciated|appreciated|thank you kindly|tysm|many many thanks][.|!|]"),
    "Goodbye!": (
        "[Goodbye|Bye|Bye for now|So long|Farewell|Cheerio|Bye then|Ciao|Take care|Adieu][!|.| my friend!| little model.| model.|]",
        "[bye|goodbye|cu|farewell|good bye|so long|good night][!|.|]",
        "[I have|I need|I've got|It is time for me] to [leave|go|stop|sleep|go to bed|end here|go home][ now|][.|!][ Bye.| Goodbye!|]",
        "[Good night|Sleep well|Have a good day|Have a nice day|Have a nice evening|Have a good night|Have a nice weekend][!|.|, model.]",
        "[That is all|That's all|That was all|That is it|We are done|I am done|I'm finished][ for today|, bye|, goodbye|. Bye|. Goodbye][!|.]",
        "[Until|Till] [tomorrow|next time|later|next week|then|we meet again|Monday][!|.| Bye.|]",
        "[I am|I'm] [leaving|going|off|going to bed|off to bed][ now|][.|!][ Bye!| Goodbye.| Good night.|]",
        "[Talk|Speak] to you [later|tomorrow|soon|next week|again soon][!|.|]",
        "[Let us|Let's] [stop|end|finish] here[.| for today.| now.] [Goodbye.|Bye.|Good night.|Bye!]",
        "[We|The children|My kids] [must go|must sleep|go to bed|have to leave][ now|]. [Bye!|Goodbye!|Good night.|So long.]",
        "[My train|My bus|The bus|Dinner|School|Mom] is [here|waiting|ready]. [Bye!|Goodbye.|I must go.|So long!]",
        "[It is|It's] [late|bedtime|time to go|time for bed|getting late]. [Bye.|Goodbye!|Good night!|So long.]",
        "[catch you|talk to you|see ya|see you] [later|soon|tomorrow|again|around][!|.|]"),
    "Llama 3.1 as a Unix pipeline": (
        "[What is|What's] [ll|this ll|the project ll|the ll project|this software called ll][ about| good for| made for| all about|]?",
        "What is [this project|the project|this package|this software|all this] [about|for|good for]?",
        "ll[?|: what is it?| - what is that?| is what?|, what does it do?| meaning| in short]",
        "[Describe|Sum up|Please describe|Please sum up|Please present] [the project ll|the project|this project|this software|the whole of ll][ in a sentence| for me| in short|].",
        "[Why|For what|When] [would|should|do] [I|one|people|somebody] [use|need|want|install] ll?",
        "[I have|Somebody has|We have] installed ll. [What is it?|What can I do with it?|What is it for?|What have I got there?]",
        "What [can|do|could] [I|people|one] [do|make] with ll?",
        "[I want|I would like|I'd like] to [know|learn|understand] what ll is[ about| for| good for|].",
        "[Could|Can|Would] you [describe|sum up|summarize] [ll|this project|the project][ for me| in a sentence|]?",
        "[A friend|My colleague|My teacher|Someone] [uses|talks of|told me of|works on] ll. [What is that?|What is it?|What does it do?]",
        "[What kind of|What sort of|Which kind of] [program|project|software|thing|package] is [ll|this]?",
        "[What are these tools for|What are the programs of ll for|What are all these programs|What is the idea of ll|What is the idea of this project|What is the purpose of ll]?",
        "[How|In what words] would you [describe|present] [ll|this project][ to a friend| to a new user| in a few words|]?",
        "[The name is ll|It is called ll|They call it ll]. [What is it?|What is it for?|What does it do?|But what is it?]"),
}


def of(answer):
    """The ways to ask what has this answer."""
    return next((ways for begin, ways in OF.items() if answer.startswith(begin)), ())
