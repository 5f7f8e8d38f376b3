"""English as it is spoken at home, in shops and on the way, in words that models know better.

Models know what is written. "He threw up" was a throw, "set the table" a table of figures, and a
steak that is medium rare a rare one. ``idioms.py`` has those of meetings.
"""

from collections.abc import Iterator

from translator.text.plain_words import PlainWords

__all__ = ["SPOKEN_ENGLISH"]

# Each was read with the embedded models, before and after. What is meant as it says stays: "threw
# up his hands", "crashed at full speed".
_EXPRESSIONS = """
a big save(?=[.,;!?]|$| by| from) = a big defense
a great save(?=[.,;!?]|$| by| from) = a great defense
what a save = what a defense
by the keeper(?=[.,;!?]|$) = by the goalkeeper
he shoots, he scores = he kicks, he scores
they're down by(?= (?:one|two|three|four|five|six|\\d)) = they're losing by
we're down by(?= (?:one|two|three|four|five|six|\\d)) = we're losing by
went into overtime = went to extra time
a round of applause = a big applause
questions from the floor = questions from the audience
^ladies and gentlemen,(?! good) = ladies, gentlemen,
i'd like to hand it over to = I'd like to pass the word to
i'll hand it over to = I'll pass the word to
let me hand it over to = let me pass the word to
black ice(?=[.,;!?]|$| on) = ice
chance of showers = chance of rain
scattered showers = scattered rain
boarding rows = boarding seat rows
which gate(?= (?:does|do) (?:my|our|the|your)) = which boarding gate
bag didn't make it = bag did not arrive
bags didn't make it = bags did not arrive
luggage didn't make it = luggage did not arrive
suitcase didn't make it = suitcase did not arrive
can't make it(?=[.,;!?]|$| tonight| today| tomorrow| on | this) = can't come
can't make it to(?= (?:the|our|your|his|her|my) (?:party|meeting|call|wedding)) = can't come to
couldn't make it(?=[.,;!?]|$| tonight| today| on ) = couldn't come
refill my prescription = renew my prescription
threw up(?=[.,;!?]|$| twice| last| again| all| this| yesterday| after| in the) = vomited
throw up(?=[.,;!?]|$| again| in the) = vomit
throwing up(?=[.,;!?]|$| all| again| since) = vomiting
sprained her ankle = twisted her ankle
sprained his ankle = twisted his ankle
sprained my ankle = twisted my ankle
came down with(?= (?:the flu|a cold|a fever|covid|pneumonia|something|a virus)) = caught
chickened out = got scared
hand in(?= (?:your|my|the|his|her|our|their) (?:homework|essay|assignment|report)) = deliver
handed in(?= (?:your|my|the|his|her|our|their) (?:homework|essay|assignment|report)) = delivered
straight a's = the best grades
utilities are included = water and electricity are included
utilities included = water and electricity included
contract runs out(?! of) = contract ends
insurance runs out(?! of) = insurance ends
lease runs out(?! of) = lease ends
visa runs out(?! of) = visa ends
warranty runs out(?! of) = warranty ends
turn it off and on again = restart it
turning it off and on again = restarting it
turned it off and on again = restarted it
put me through to = transfer my call to
put you through to = transfer your call to
to billing(?=[.,;!?]|$) = to the billing department
i'm calling about = I am phoning about
she's expecting(?=[.!]|$) = she's pregnant
got engaged(?=[.,;!?]|$| last| in | on | this| yesterday) = decided to marry
broke up with her(?= (?:boyfriend|girlfriend|husband|partner|ex)) = ended the relationship with her
broke up with his(?= (?:boyfriend|girlfriend|husband|partner|ex)) = ended the relationship with his
broke up with my(?= (?:boyfriend|girlfriend|husband|partner|ex)) = ended the relationship with my
dumped her(?=[.,;!?]|$| for | last) = left her
dumped him(?=[.,;!?]|$| for | last) = left him
dumped me(?=[.,;!?]|$| for | last) = left me
stood me up(?=[.,;!?]|$| again| last) = did not come to meet me
she made up with = she reconciled with
he made up with = he reconciled with
i ran into(?= (?-i:[A-Z][a-z]+)(?: at| in| on| yesterday|[.,!]|$)) = I encountered
pick up my kids = fetch my kids
pick up the kids = fetch the kids
who's picking up the kids = who will fetch the kids
pick the kids up = fetch the kids
pick me up(?! a\\b| some\\b| something) = fetch me
pick you up(?! a\\b| some\\b| something) = fetch you
crashed at her(?= (?:place|house|brother|sister|friend|parents)) = slept at her
crashed at his(?= (?:place|house|brother|sister|friend|parents)) = slept at his
crashed at my(?= (?:place|house|brother|sister|friend|parents)) = slept at my
a rip-off = too expensive
got ripped off = got cheated
was ripped off(?=[.,;!?]|$| by) = was cheated
fell for it(?=[.,;!?]|$) = was deceived
it's a steal(?=[.,;!?]|$) = it's very cheap
take a rain check = leave it for another day
power went out = electricity failed
toilet won't flush = toilet doesn't work
i'm out of(?= (?:cash|money|milk|coffee|ideas|paper|ink|gas)) = I have no more
we're out of(?= (?:cash|money|milk|coffee|bread|sugar|eggs|ideas|paper|ink|gas|beer|wine)) = \
we have no more
going to hit the gym = going to the gym
gonna hit the gym = going to the gym
let's hit the gym = let's go to the gym
grab a bite to eat = eat something
grab a bite = eat something
grab breakfast = have breakfast
grab dinner = have dinner
grab lunch = have lunch
get takeout = order food
eat out(?=[.,;!?]|$| tonight| today| tomorrow| on ) = eat at a restaurant
eating out(?=[.,;!?]|$| tonight| today| tomorrow| on ) = eating at a restaurant
dinner's on me = I'll pay for dinner
drinks are on me = I'll pay for the drinks
lunch is on me = I'll pay for lunch
it's on me(?=[.,;!?]|$) = I'll pay
the check, please(?=[.,;!?]|$) = the bill, please
coffee to go(?=[.,;!?]|$) = coffee to take away
coffees to go(?=[.,;!?]|$) = coffees to take away
sparkling or still = with or without gas
swing by the(?= (?:office|store|shop|bank|bakery|pharmacy|supermarket|school)) = come to the
stop by our = come to our
(?<!bus.)stop by the(?= (?:office|store|shop|bank|bakery|pharmacy|supermarket)) = come to the
be there in a bit = be there soon
called in sick = stayed home ill
calling in sick = staying home ill
running errands = doing things in town
run some errands = do some things in town
do the dishes(?=[.,;!?]|$| after| before| now| today| tonight| every| and) = wash the dishes
did the dishes(?=[.,;!?]|$| after| before| last| yesterday) = washed the dishes
doing the dishes(?=[.,;!?]|$| after| before| now| today| tonight| every| and) = washing the dishes
do the laundry(?=[.,;!?]|$| after| before| now| today| tonight| every| and) = wash the clothes
doing the laundry(?=[.,;!?]|$| after| before| now| today| tonight| every| and) = washing the clothes
make the bed(?=[.,;!?]|$| every| before) = tidy the bed
set the table(?=[.,;!?]|$| for| before| please| with) = put the dishes on the table
clear the table(?=[.,;!?]|$| after| please) = take the dishes from the table
i'm wiped out = I'm exhausted
i'm swamped = I'm very busy
we're swamped = we're very busy
tied up in meetings = busy in meetings
tied up in a meeting = busy in a meeting
mind your own business = take care of your own life
^knock it off(?=[.,;!?]|$) = stop that
^cut it out(?=[.,;!?]|$) = stop that
for crying out loud = for God's sake
^never mind, = forget it,
are you free(?= (?:on|this|next|tomorrow|tonight|today|at|for|later)) = do you have time
one works for me = one is fine with me
o'clock works for me = o'clock is fine with me
monday works for me = Monday is fine with me
tuesday works for me = Tuesday is fine with me
wednesday works for me = Wednesday is fine with me
thursday works for me = Thursday is fine with me
friday works for me = Friday is fine with me
blood work = blood test
she was discharged(?=[.,;!?]|$| yesterday| today| from the hospital) = she left the hospital
he was discharged(?=[.,;!?]|$| yesterday| today) = he left the hospital
breath and hold it = breath and hold your breath
stick out your tongue = show your tongue
feel a little pinch = feel a small sting
a copay of = a patient payment of
threw my back out = injured my back
class is dismissed = the class is over
turn in your papers = deliver your papers
turn in your homework = deliver your homework
pop quiz = surprise test
i have a crush on = I am in love with
she's majoring in = she's studying
he's majoring in = he's studying
traffic is backed up = there is a traffic jam
polls close at = voting ends at
the bill passed(?=[.,;!?]|$| by| in) = the law was approved
made landfall = reached land
is around the corner(?=[.,;!?]|$) = is nearby
haven't heard back(?=[.,;!?]|$| from) = haven't received an answer
haven't heard back from = haven't received an answer from
look that up for you = check that for you
i never got it(?=[.,;!?]|$) = I never received it
back in stock = available again
how much is shipping = how much does the delivery cost
it runs small = it is small
it runs small, so size up = it is small, so choose a larger size
it runs large = it is large
they run small = they are small
they run large = they are large
looks different in person = looks different in reality
smells funny = smells strange
great value for the money = excellent value for money
bang for the buck = value for money
works like a charm = works perfectly
fits like a glove = fits perfectly
subscription renewed by mistake = subscription was renewed by mistake
it feels cheap(?=[.,;!?]|$) = it seems of poor quality
it's true to size = it's of the right size
arrived in one piece = arrived intact
fell apart after = broke after
it holds up well = it is durable
a must-have(?=[.,;!?]|$) = indispensable
this is(?= (?-i:[A-Z][a-z]+) (?:from|calling)) = I am
great rest of your day = great day
nice rest of your day = nice day
elevator is out of order = elevator is broken
machine is out of order = machine is broken
toilet is out of order = toilet is broken
printer is out of order = printer is broken
is down the hall = is at the end of the hallway
please take a seat = please sit down
^take a seat(?=[.,;!?]|$) = sit down
have a reservation under = have a reservation in the name of
take your time(?=[.,;!?]|$) = don't hurry
slipped my mind = was forgotten by me
it slipped my mind = I forgot it
your ticket number is = your request number is
the ac(?= isn't| is not| doesn't| won't) = the air conditioning
plus or minus = more or less
the interest went from = the interest rate went from
^interest went from = the interest rate went from
are on the call = are in the call
people on the call = participants in the call
ping(?= (?-i:[A-Z][a-z]+)(?: about| on| if| when|[.,!?]|$)) = write to
on (?-i:Teams)(?=[.,;!?]|$| at| today| tomorrow| on| and| for) = on Microsoft Teams
the (?-i:Teams)(?= (?:call|meeting|link|chat|channel|invite)) = the Microsoft Teams
jira ticket = Jira task
jira tickets = Jira tasks
the ticket is blocked = the task is blocked
closed the ticket = closed the task
close the ticket = close the task
support ticket = support request
push the branch to = send the branch to
push your branch to = send your branch to
push your changes to = upload your changes to
the build failed = the compilation failed
the build is failing = the compilation is failing
the build broke = the compilation failed
having a sale(?=[.,;!?]|$| on| this| today) = offering discounts
having a clearance sale = offering large discounts
everything is on sale = everything is discounted
is on sale for = is on special offer for
^thank you for = thanks for
^thank you all for = thanks for
^thank you both for = thanks for
^thank you again for = thanks again for
^thank you for the introduction = thanks for introducing me
^thank you for the heads up = thanks for the warning
^thanks for the heads up = thanks for the warning
^thank you for holding(?=[.,;!?]|$) = thanks for waiting
^thank you for your input = thanks for your contribution
^thanks for your input = thanks for your contribution
silence your phones = turn off the sound of your phones
the choir practices = the choir rehearses
band practices(?= every| on| at| in) = band rehearses
taking up a collection = collecting money
he proposed to her(?=[.!]|$| on| in| at| last| yesterday) = he asked her to marry him
she proposed to him(?=[.!]|$| on| in| at| last| yesterday) = she asked him to marry her
throwing a party = organizing a party
throwing a surprise party = organizing a surprise party
throw a party = organize a party
threw a party = organized a party
is potty trained = uses the toilet
he's potty trained = he uses the toilet
she's potty trained = she uses the toilet
needs to be walked = needs a walk
threw up a hairball = vomited a hairball
car won't start = car doesn't turn on
fill it up with(?= (?:regular|premium|diesel|gas)) = fill the tank with
tailgating = driving too close to
^pull over(?=[.,;!?]|$| at| here| there| now) = stop the car
please pull over = please stop the car
got a speeding ticket = got a traffic fine
^mind the gap(?= between) = be careful with the space
get separate checks = pay separately
have separate checks = pay separately
get a refill = get another cup
i'll have the same(?=[.,;!?]|$) = I want the same
table for two by the window = table for two next to the window
table for four by the window = table for four next to the window
brought us the wrong order = brought us the wrong dish
brought me the wrong order = brought me the wrong dish
it doesn't fit(?=[.,;!?]|$) = it's the wrong size
they don't fit(?=[.,;!?]|$) = they're the wrong size
dishwasher safe = can be washed in the dishwasher
keep refrigerated after opening = keep in the refrigerator after opening
no drivers needed = no device drivers needed
no drivers required = no device drivers required
package was dented = package was damaged
box was dented = box was damaged
for the same order(?=[.,;!?]|$) = for the same purchase
slightly off from the = slightly different from the
^please hold while i transfer you = please wait while I transfer your call
^please hold while = please wait while
while I transfer you(?=[.,;!?]|$| to) = while I transfer your call
you have reached our voicemail = you have called our voicemail
you've reached our voicemail = you have called our voicemail
you're breaking up = your audio is failing
i'll text you the = I'll send you by text message the
left me on read = read my message and didn't answer
^like and subscribe = give a like and subscribe
unfriended = removed from the list of friends
any other business(?=[?]|$| before) = any other matters
the ayes have it = those in favor have won
i second the motion = I support the motion
i second that(?=[.,;!?]|$) = I agree
i'd like to echo what = I'd like to repeat what
to piggyback on = to add to
i'll keep this brief = I'll be brief
i'll keep it brief = I'll be brief
let me rephrase that = let me say it differently
let me rephrase(?=[.,;!?]|$) = let me say it differently
we're out of time = our time is over
my appointment(?! as\\b| to the| of) = my consultation
your appointment(?! as\\b| to the| of) = your consultation
her appointment(?! as\\b| to the| of| by) = her consultation
his appointment(?! as\\b| to the| of| by) = his consultation
(?<='s.)appointment(?= (?:was|is|has been|got) (?:moved|cancel|confirm|reschedul|postpon)) = \
consultation
make an appointment(?= (?:for|on|with|at|today|tomorrow|next)|[.,;!?]|$) = schedule a consultation
draw your blood = collect your blood
draw blood(?=[.,;!?]|$) = collect blood
she's due in(?= (?:january|february|march|april|may|june|july|august|september|october|november)) \
= her baby will be born in
broke his leg skiing = broke his leg while skiing
broke her leg skiing = broke her leg while skiing
broke my leg skiing = broke my leg while skiing
pulled a muscle = injured a muscle
a flu shot = a flu vaccine
tetanus shot = tetanus vaccine
comes to a complete stop = stops completely
came to a complete stop = stopped completely
pick up some milk = buy some milk
pick up some bread = buy some bread
pick up some groceries = buy some groceries
get a flu shot = get vaccinated against the flu
got a flu shot = got vaccinated against the flu
left in stock = remaining in stock
left in your cart = still in your cart
items left(?=[.!]| at | in ) = items remaining
item left(?=[.!]| at | in ) = item remaining
(?<=\\d.)left(?=[.!]|$| at this price) = remaining
order soon(?=[.!]|$) = buy it soon
order now(?=[.!]|$| and| while| to) = buy now
^out for delivery(?=[.:,!]|$) = on its way to you
is out for delivery = is being delivered
^sold out(?= [—–-]) = out of stock
utilities are not included = water and electricity are not included
utilities not included = water and electricity not included
the spare room = the guest room
a spare room = a guest room
interest on my loan = interest rate on my loan
interest on the loan = interest rate on the loan
check bounced = check was returned
simmer(?= the| for| until| gently| over| on) = cook on low heat
simmer the sauce over low heat = cook the sauce on low heat
over low heat = on low heat
fold in the = mix in the
greased pan = greased baking pan
a wedge of lemon = a slice of lemon
flunked(?= (?:math|history|english|science|the (?:test|exam|class|course))) = failed in
aced(?= (?:math|history|english|science|chemistry|physics)) = did very well in
aced the(?= (?:test|exam|interview)) = did very well in the
homework is due = homework must be handed in
essay is due = essay must be handed in
assignment is due = task must be handed in
report is due = report must be handed in
rent is due(?! to\\b) = rent must be paid
payment is due(?! to\\b) = payment must be made
the bill is due(?! to\\b) = the bill must be paid
talk to the principal = talk to the school principal
speak to the principal = speak to the school principal
check out at(?= (?:noon|eleven|ten|twelve|\\d)) = leave the room at
left at the light(?=[.,;!?]|$| and| then) = left at the traffic light
right at the light(?=[.,;!?]|$| and| then) = right at the traffic light
printer is out of = printer ran out of
loop you in(?=[.,;!?]|$| on) = include you
push the deadline to = postpone the deadline to
push the meeting to = postpone the meeting to
taking over for(?= (?-i:[A-Z])| me| him| her| you) = replacing
take over for(?= (?-i:[A-Z])| me| him| her| you) = replace
cover my shift = replace me in my shift
cover her shift = replace her in her shift
cover his shift = replace him in his shift
coach benched him = coach left him on the bench
coach benched her = coach left her on the bench
coach benched me = coach left me on the bench
an amazing save(?=[.,;!?]|$| by| from) = an amazing defense
an incredible save(?=[.,;!?]|$| by| from) = an incredible defense
^watch your step(?=[.,;!?]|$) = be careful
^help yourself to some = please take some
^help yourself to the = please take the
give me a hand with = help me with
give us a hand with = help us with
give him a hand with = help him with
give her a hand with = help her with
it's been ages since we last met = we haven't seen each other for a long time
it's been ages since = it's been a very long time since
we last met(?=[.,;!?]|$) = we last saw each other
you're on mute = your microphone is off
you are on mute = your microphone is off
he's on mute = his microphone is off
she's on mute = her microphone is off
i'm on mute = my microphone is off
grease a(?= (?:\\d|baking|cake|large|small|round|square|pan|muffin)) = spread butter in a
"""

_ALONE = r"(?=[.,;!?]|$| tomorrow| today| on )"
_TENS = {
    word: 10 * ten
    for ten, word in enumerate(
        ["twenties", "thirties", "forties", "fifties", "sixties", "seventies", "eighties"], 2
    )
}


def _ages() -> Iterator[str]:
    """Ages that are told roughly: "in his mid-thirties" was "in the middle of the seventies"."""
    for word, age in _TENS.items():
        for whose in ("my", "your", "his", "her", "our", "their"):
            for hyphen in "- ":
                yield f"in {whose} early{hyphen}{word} = a little over {age} years old"
                yield f"in {whose} mid{hyphen}{word} = about {age + 5} years old"
                yield f"in {whose} late{hyphen}{word} = almost {age + 10} years old"


def _numbers() -> Iterator[str]:
    """Numbers that are told roughly, or by other words: "every other day" was "every day"."""
    for unit in ("day", "week", "month", "year"):
        yield f"every other {unit} = every two {unit}s"
        yield f"every second {unit} = every two {unit}s"
    for number in ("one", "two", "three", "four", "five", "six"):
        yield f"{number} nil = {number} to zero"
        yield f"{number}-nil = {number} to zero"
    yield "nil nil = zero to zero"
    yield "nil-nil = zero to zero"
    for word in ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"):
        yield f"{word}-odd = a little over {word}"
        yield f"{word}-something = a little over {word}"
        yield f"{word}-ish = about {word}"
    for word in ("seven", "eight", "nine", "ten", "eleven", "twelve", "noon"):
        yield f"at {word}-ish = at around {word}"
    for word in ("two", "three", "four", "six"):
        yield f"in {word} weeks' time = in {word} weeks"
    for number in ("one", "two", "three", "four", "five", "six", "seven", "eight", "ten"):
        yield f"{number}-hour drive = {number}-hour car trip"
    for number in ("one", "five", "ten", "twenty", "fifty", "hundred"):
        yield f"{number}-dollar bill = {number}-dollar banknote"
        yield f"{number} dollar bill = {number}-dollar banknote"
    for hour, word in enumerate(("eight", "nine", "ten", "eleven"), 8):
        yield f"meeting was moved up to {word} = meeting will be earlier, at {hour}:00"
    hours = ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
    for hour, word in enumerate(hours, 1):
        yield f"was pushed back to {word}{_ALONE} = was postponed to {hour}:00"
        yield f"was moved to {word}{_ALONE} = was moved to {hour}:00"
    yield "a fortnight = two weeks"
    yield "twenty four seven(?=[.,;!?]|$) = 24 hours a day, 7 days a week"
    yield "twenty-four seven(?=[.,;!?]|$) = 24 hours a day, 7 days a week"


SPOKEN_ENGLISH = PlainWords({"en": "\n".join([_EXPRESSIONS.strip(), *_ages(), *_numbers()])})
