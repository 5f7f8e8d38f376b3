"""Idioms in plain words: "off the top of my head" is "right now".

Small models translate them word by word: "fora do topo da minha cabeça", and of "cara de pau" they
made an insult. Here are those of meetings, offices and everyday talk whose plain words come out
right; what a model knows stays ("raining cats and dogs"), and so does what may be meant as it says
("a piece of cake").
"""

from translator.text.plain_words import PlainWords

__all__ = ["IDIOMS"]

_EN = """
off the top of my head = right now
in a sec = in a second
let me look into it = let me check it
let me look into that = let me check that
i'll look into it = I'll check it
i'll look into that = I'll check that
first thing tomorrow = early tomorrow morning
take this one offline = discuss this later
take this offline = discuss this later
take that offline = discuss that later
any thoughts before = any comments before
the ball's in their court = the decision is theirs
the ball is in their court = the decision is theirs
all hands on deck = everyone's help
elaborate on that(?=[.,;!?]|$) = explain that in more detail
elaborate on this(?=[.,;!?]|$) = explain this in more detail
i have a hard stop at = I have to leave at
we have a hard stop at = we have to leave at
what's the bottom line = what is the final result
a no brainer = an easy decision
a no-brainer = an easy decision
nailed the presentation = was perfect in the presentation
nailed the interview = was perfect in the interview
nailed it(?=[.,;!?]|$) = did it perfectly
give me a ring = call me
give you a ring = call you
circle back on that = come back to that
circle back on this = come back to this
keeps dropping(?=[.,;!?]|$| sorry) = keeps failing
send the minutes(?= after| to| by|[.,;!?]|$) = send the minutes of the meeting
by eod = by the end of the day
before eod = before the end of the day
by eow = by the end of the week
give you a heads up = warn you
give me a heads up = warn me
give us a heads up = warn us
gave me a heads up = warned me
just a heads up = attention
^heads up(?=[:,]) = attention
circle back(?=[.,;!?]|$) = talk again
circle back next = talk again next
circle back tomorrow = talk again tomorrow
circle back with the = come back with the
year over year = compared to the previous year
year-over-year(?=[.,;!?]|$) = compared to the previous year
month over month = compared to the previous month
quarter over quarter = compared to the previous quarter
real quick = quickly
ping me = write to me
ping us = write to us
ping you = write to you
ping him = write to him
ping her = write to her
ping them = write to them
pinged me = wrote to me
pinged him = wrote to him
pinged her = wrote to her
drop the link = post the link
drop a link = post a link
dropped the link = posted the link
dropped a link = posted a link
on the same page(?! of) = in agreement
a ballpark figure = a rough estimate
ballpark figure = rough estimate
ballpark number = rough estimate
ballpark estimate = rough estimate
the low-hanging fruit = the easy gains
a deep dive on = a detailed analysis of
a deep dive into = a detailed analysis of
an action item = a task
action items = tasks
^moving forward, = from now on,
^going forward, = from now on,
get the ball rolling = start
got the ball rolling = started
feel free to reach out = please write to us
reached out to = contacted
still tbd = still to be decided
is tbd = is to be decided
are tbd = are to be decided
is tba = is to be announced
are tba = are to be announced
i'm ooo = I'm out of the office
is ooo = is out of the office
be ooo = be out of the office
he's ooo = he's out of the office
she's ooo = she's out of the office
i'm wfh = I'm working from home
is wfh = is working from home
he's wfh = he's working from home
she's wfh = she's working from home
under the weather = unwell
once in a blue moon = very rarely
cost an arm and a leg = cost a fortune
costs an arm and a leg = costs a fortune
cost me an arm and a leg = cost me a fortune
cost us an arm and a leg = cost us a fortune
cost you an arm and a leg = cost you a fortune
spill the beans = tell the secret
spilled the beans(?! on) = told the secret
let the cat out of the bag = told the secret
bite the bullet = accept it
hang in there = don't give up
can't cut corners = can't be careless
cannot cut corners = cannot be careless
don't cut corners = don't be careless
to cut corners = to be careless
not cut corners = not be careless
cutting corners = being careless
beat around the bush = avoid the subject
beating around the bush = avoiding the subject
was a piece of cake = was very easy
it's a piece of cake = it's very easy
be a piece of cake = be very easy
wrap it up here = finish here
let's wrap it up(?=[.,;!?]|$) = let's finish
motion carried = the motion was approved
^bear with me = please be patient
^bear with us = please be patient
please bear with me = please be patient
please bear with us = please be patient
again, bear with me = again, please be patient
hit the nail on the head = said exactly the right thing
burn the midnight oil = work late into the night
burned the midnight oil = worked late into the night
got cold feet about = lost courage about
got cold feet before = lost courage before
getting cold feet = losing courage
pulling my leg = joking with me
called me out of the blue = called me suddenly
called us out of the blue = called us suddenly
called out of the blue = called suddenly
came out of the blue = came unexpectedly
happened out of the blue = happened suddenly
out of the blue(?=[.,;!?]|$) = suddenly
back to square one = back to the beginning
to make a long story short = in short
^long story short = in short
my bad(?=[.,;!?]|$) = my mistake
^for the record, = officially,
let's play it by ear = let's improvise
we'll play it by ear = we'll improvise
to play it by ear = to improvise
a dime a dozen = very common
hit the books = study
hitting the books = studying
hit the road(?! sign) = leave
hit the hay = go to bed
hit the sack(?! of) = go to bed
let me sleep on it = let me think about it until tomorrow
let's sleep on it = let's think about it until tomorrow
i'll sleep on it = I'll think about it until tomorrow
to sleep on it = to think about it until tomorrow
the other day(?! care) = a few days ago
next to nothing = almost nothing
on the fence about = undecided about
please rsvp = please confirm your attendance
down to the wire = until the last minute
in hot water with his = in trouble with his
in hot water with her = in trouble with her
in hot water with my = in trouble with my
you're on thin ice = you're in a risky situation
we're on thin ice = we're in a risky situation
he's on thin ice = he's in a risky situation
she's on thin ice = she's in a risky situation
ran out of steam = lost energy
in the nick of time = at the last moment
kill two birds with one stone = solve two things at once
killed two birds with one stone = solved two things at once
miss the boat(?! to) = miss the chance
missed the boat(?! to) = missed the chance
jump the gun = act too early
jumped the gun = acted too early
on cloud nine = very happy
over the moon about = very happy about
over the moon with = very happy with
out of the woods yet = out of danger yet
pull yourself together = calm down
name rings a bell = name sounds familiar
that rings a bell = that sounds familiar
that ring a bell = that sound familiar
name ring a bell = name sound familiar
doesn't ring a bell = doesn't sound familiar
speak of the devil = we were just talking about you
was the last straw(?! in) = was more than I can take
that's the last straw = that's more than I can take
prices went through the roof = prices became very high
costs went through the roof = costs became very high
sales went through the roof = sales became very high
they tied the knot = they got married
we tied the knot = we got married
get up to speed = catch up
it's a win-win = it's good for both sides
is a win-win = is good for both sides
your guess is as good as mine = I don't know either
the whole nine yards = everything
think on your feet = react quickly
take it with a grain of salt = don't take it too seriously
with a grain of salt = with some doubt
take it easy(?! on) = relax
sick and tired of = very tired of
is a pain in the neck = is a nuisance
such a pain in the neck = such a nuisance
drinks are on the house = drinks are free
dessert is on the house = dessert is free
coffee is on the house = coffee is free
it's on the house = it's free
a lot on my plate = a lot to do
a lot on your plate = a lot to do
a lot on her plate = a lot to do
a lot on his plate = a lot to do
enough on my plate = enough to do
too much on my plate = too much to do
not my cup of tea = not what I like
my two cents = my opinion
make ends meet = live on what we earn
she's hands down = she's without doubt
he's hands down = he's without doubt
it's hands down = it's without doubt
is hands down = is without doubt
give it a shot(?! of) = try it
gave it a shot(?! of) = tried it
get it over with = finish it soon
fill me in on = tell me about
filled me in on = told me about
fill me in = tell me what happened
filled me in = told me what happened
face the music = accept the consequences
trouble down the road = trouble later
problems down the road = problems later
cross that bridge when we come to it = worry about that later
couldn't care less = doesn't care at all
let's catch up later = let's talk later
let's catch up tomorrow = let's talk tomorrow
let's catch up next = let's talk next
let's catch up soon = let's talk soon
by the book(?=[.,;!?]|$) = according to the rules
at the drop of a hat = immediately
comparing apples and oranges = comparing two different things
comparing apples to oranges = comparing two different things
a no-go = impossible
double-muted = muted
covering for her = replacing her
covering for him = replacing him
out sick = ill
off to a good start = starting well
behind schedule = late
could use a coffee = would like a coffee
could use a cup of = would like a cup of
could use a break = would like a break
could use a drink = would like a drink
could use a hand = would like some help
could use some help = would like some help
could use some coffee = would like some coffee
what are you up to = what are you doing
what have you been up to = what have you been doing
i ran into him = I met him by chance
i ran into her = I met her by chance
i ran into them = I met them by chance
ran into an old friend = met an old friend by chance
speak up a bit = speak a bit louder
drop off early = leave early
drop off the call = leave the call
hop on a call = have a call
hop on a quick call = have a quick call
jump on a call = have a call
jump on a quick call = have a quick call
waiting on legal = waiting for the legal department
go over that again = explain that again
go over it again = explain it again
go over the numbers = review the numbers
go over the plan = review the plan
lost my train of thought = forgot what I wanted to say
hold on a sec = wait a moment
hold on a second = wait a moment
give me a sec = wait a moment
one sec(?=[.,;!?]|$) = one moment
just a sec(?=[.,;!?]|$) = just a moment
be right with you = help you in a moment
get back to you = reply to you
got back to me = replied to me
got back to us = replied to us
deal fell through(?! the) = deal failed
plan fell through(?! the) = plan failed
plans fell through(?! the) = plans failed
called off the = cancelled the
call off the(?! record) = cancel the
looking into it = examining it
look into that = examine that
freaked out = panicked
freaking out = panicking
i'm broke(?=[.,;!?]|$) = I have no money
what's the deal with = what is happening with
how come you didn't = why didn't you
^you bet(?=[.,;!?]|$) = of course
that's a bummer = that's a pity
what a bummer = what a pity
i screwed up = I made a mistake
we screwed up = we made a mistake
i messed up = I made a mistake
we messed up = we made a mistake
count me out = I won't join
we're good to go = we're ready
you're good to go = you're ready
^good call(?=[.,;!?]|$) = good decision
you nailed it(?! to) = you did it perfectly
she nailed it(?! to) = she did it perfectly
he nailed it(?! to) = he did it perfectly
they nailed it(?! to) = they did it perfectly
projects in the pipeline = projects in preparation
features in the pipeline = features in preparation
deals in the pipeline = deals in preparation
website is down(?=[.,;!?]|$) = website doesn't work
website is down again = website doesn't work again
site is down(?=[.,;!?]|$) = site doesn't work
site is down again = site doesn't work again
server is down(?=[.,;!?]|$) = server doesn't work
server is down again = server doesn't work again
system is down(?=[.,;!?]|$) = system doesn't work
system is down again = system doesn't work again
network is down(?=[.,;!?]|$) = network doesn't work
network is down again = network doesn't work again
servers are down(?=[.,;!?]|$) = servers don't work
servers are down again = servers don't work again
out of scope = not part of the project
take it from here(?! to) = continue
to take the floor = to speak
table this until = postpone this until
thanks for hopping on = thank you for joining
walk you through = show you
walk us through = show us
kick things off(?=[.,;!?]|$| with) = begin
take the minutes(?=[.,;!?]|$| of the| for) = write the minutes of the meeting
taking the minutes(?=[.,;!?]|$| of the| for| today| this) = writing the minutes of the meeting
me the minutes(?=[.,;!?]|$| by| from| before| after| today| tomorrow) = me the meeting minutes
minutes were approved = minutes of the meeting were approved
minutes were circulated = minutes of the meeting were circulated
mute yourself = turn off your microphone
mute yourselves = turn off your microphones
unmute yourself = turn on your microphone
unmute yourselves = turn on your microphones
muted the = silenced the
let's go around the room = let's hear everybody
park that for now = leave that for later
rolled back the release = reverted the release
stuck on this ticket = stuck in this task
tests are flaky = tests are unstable
test is flaky = test is unstable
by a hair(?=[.,;!?]|$) = by very little
customer churned = customer left us
customers churned = customers left us
i'm on the fence(?=[.,;!?]|$| about) = I'm undecided
they're on the fence(?=[.,;!?]|$| about) = they're undecided
still on the fence(?=[.,;!?]|$| about) = still undecided
ball is in our court(?=[.!?]|$| now) = decision is ours
ball is in their court(?=[.!?]|$| now) = decision is theirs
ball is in your court(?=[.!?]|$| now) = decision is yours
above my pay grade = not for me to decide
be five minutes late = arrive five minutes late
be ten minutes late = arrive ten minutes late
be a few minutes late = arrive a few minutes late
let's pick this up = let's continue this
caught up on sleep = slept a lot
i'm rooting for you = I'm cheering for you
we're rooting for you = we're cheering for you
^suit yourself(?=[.,;!?]|$) = as you like
send me the deck = send me the presentation
share the deck = share the presentation
sent the deck = sent the presentation
move the needle = make a difference
quick wins = easy successes
it's back to the drawing board = it's time to start again
we're back to the drawing board = we have to start again
cut to the chase = get to the point
bring me up to speed = inform me
bring us up to speed = inform us
bring you up to speed = inform you
on the same wavelength = in agreement
touch base by = talk by
touch base with = talk with
touch base next = talk next
touch base tomorrow = talk tomorrow
touch base on = talk on
touch base about = talk about
feel free to reach out to me = feel free to contact me
let's loop in = let's include
please loop in = please include
to loop in = to include
loop me in(?=[.,;!?]|$| on) = include me
loop her in(?=[.,;!?]|$| on) = include her
loop him in(?=[.,;!?]|$| on) = include him
have a lot on our plate = have a lot to do
drop the ball on this = fail at this
i dropped the ball(?=[.,;!?]|$| on) = I failed
we dropped the ball(?=[.,;!?]|$| on) = we failed
hit the ground running = start quickly
burning the midnight oil = working late
cut me some slack = be patient with me
cut us some slack = be patient with us
a deal breaker = a reason to say no
a dealbreaker = a reason to say no
elephant in the room(?=[.,;!?]|$) = problem that nobody mentions
it's a hot potato = it's a delicate topic
learning the ropes(?=[.,;!?]|$| here) = learning how it works
put it on the back burner = postpone it
put that on the back burner = postpone that
be out of pocket = be unavailable
pulled the plug on the project = ended the project
pull the plug on the project = end the project
push back on that(?=[.,;!?]|$) = object to that
push back on this(?=[.,;!?]|$) = object to this
put a pin in it = postpone it
put a pin in that = postpone that
sit this one out = not take part this time
the bottom line is that = the conclusion is that
date is still up in the air = date is not decided yet
decision is still up in the air = decision is still open
plan is still up in the air = plan is not decided yet
it's water under the bridge = it's in the past
that's water under the bridge = that's in the past
earnings call = results call
stock tanked = shares fell sharply
the stock fell = the shares fell
the stock rose = the shares rose
our stock price = our share price
the stock price = the share price
expectations on the bottom line = expectations in net profit
expectations on the top line = expectations in revenue
impact on the bottom line = impact on net profit
^top line grew = revenue grew
beat expectations = exceeded expectations
beat expectations on the bottom line = exceeded expectations in net profit
beat expectations on the top line = exceeded expectations in revenue
bullish on = optimistic about
bearish on = pessimistic about
profit warning = warning about lower profit
merger fell through = merger failed
turn the call over to = pass the word to
open the line for questions = begin the questions
thanks for taking my question = thanks for answering my question
thank you for taking my question = thank you for answering my question
give us some color on = tell us more about
some color on pricing = some details about pricing
some color on margins = some details about margins
more color on = more details about
pass it back to the operator = return the word to the operator
headcount(?! of) = number of employees
churn is down = loss of customers is falling
churn is up = loss of customers is rising
hiring across the board = hiring in all areas
prices across the board = prices in all areas
up across the board = up in all areas
a strong pipeline(?! of) = many projects in preparation
some headwinds = some difficulties
headwinds(?=[.,;!?]|$| in| from| this| for) = difficulties
tailwinds(?=[.,;!?]|$| in| from| this| for) = favorable conditions
^year to date, = since the beginning of the year,
double down on = invest more in
doubling down on = investing more in
spin off the = separate the
"""

_PT = """
deu o cano = não apareceu
me deu o cano = não apareceu
sobre isso em particular = sobre isso a sós
bateria arriou = bateria descarregou
o professor faltou = o professor não veio
a professora faltou = a professora não veio
faltou luz = ficamos sem energia elétrica
amanhã logo cedo = amanhã de manhã cedo
dar o cano = não aparecer
chorar sobre o leite derramado = lamentar o que já aconteceu
chorar pelo leite derramado = lamentar o que já aconteceu
quebrar o seu galho = ajudar você
quebrar seu galho = ajudar você
quebrar esse galho = ajudar
queixo caído = muito surpreso
de queixo caído = muito surpreso
é gente boa = é uma boa pessoa
são gente boa = são boas pessoas
era gente boa = era uma boa pessoa
à estaca zero = ao início
arrasou na apresentação = fez uma apresentação excelente
arrasou na prova = fez uma prova excelente
passar a reunião para = mudar a reunião para
passar a reunião pra = mudar a reunião para
a gente se fala amanhã = vamos conversar amanhã
a gente se fala semana que vem = vamos conversar semana que vem
a gente se fala na = vamos conversar na
quem está anotando = quem está tomando notas
como eu estava dizendo = como eu dizia,
parcelar em três vezes = pagar em três parcelas
parcelar em duas vezes = pagar em duas parcelas
parcelar em até = pagar em até
valeu, pessoal = obrigado a todos
valeu, gente = obrigado a todos
valeu, galera = obrigado a todos
oi, pessoal = olá a todos
oi, gente = olá a todos
boa tarde, pessoal = boa tarde a todos
boa noite, pessoal = boa noite a todos
^pessoal, vamos = vamos
^tem como(?= \\w+[aei]r\\b) = é possível
o boleto = a fatura
um boleto = uma fatura
do boleto = da fatura
boletos = faturas
vence dia = expira no dia
vence no dia = expira no dia
conta vence = conta expira
fatura vence = fatura expira
parcela vence = parcela expira
mensalidade vence = mensalidade expira
boleto vence = boleto expira
prazo vence = prazo termina
contrato vence = contrato termina
ficou combinado = ficou decidido
quebrar o galho = ajudar
quebra o galho = ajuda
quebrou um galho = ajudou muito
dar um jeito = encontrar uma solução
deu um jeito = encontrou uma solução
uma mão na roda = uma grande ajuda
custou os olhos da cara = custou muito caro
custa os olhos da cara = custa muito caro
custar os olhos da cara = custar muito caro
custaram os olhos da cara = custaram muito caro
caiu a ficha = entendi
por via das dúvidas = por precaução
pisou na bola = cometeu um erro
pisei na bola = cometi um erro
pisar na bola = cometer um erro
paguei mico = passei vergonha
pagar mico = passar vergonha
pode deixar(?=[.,;!?]|$) = não se preocupe
tô nem aí pra = não me importo com
estou nem aí = não me importo
vai dar certo = vai funcionar
dá tempo de = há tempo de
que saudade de = sinto falta de
que saudades de = sinto falta de
com saudade de = sentindo falta de
perdi a hora = acordei tarde
daqui a pouco(?! tempo) = em breve
agora há pouco = há alguns minutos
em cima da hora = no último momento
até que enfim = finalmente
caiu na caixa postal = foi para o correio de voz
internet caiu = internet parou
internet dele caiu = internet dele parou
internet dela caiu = internet dela parou
estão me ouvindo bem = conseguem me ouvir bem
está me ouvindo bem = consegue me ouvir bem
tá me ouvindo bem = consegue me ouvir bem
já já = em breve
tirar uma dúvida = fazer uma pergunta
tirar dúvidas = responder perguntas
bater um papo = conversar
encher o saco(?=[.,;!?]|$) = incomodar
de saco cheio = cansado
na maior cara de pau = sem vergonha nenhuma
cara de pau = sem-vergonha
dor de cotovelo = inveja
fazer vaquinha = juntar dinheiro
fazer uma vaquinha = juntar dinheiro
com o pé na cova = quase morto
com o pé atrás = desconfiado
de mãos atadas = sem poder fazer nada
chutar o balde = desistir de tudo
colocar a mão na massa = começar a trabalhar
botar a mão na massa = começar a trabalhar
dar o braço a torcer = admitir o erro
dar a volta por cima = se recuperar
deu a volta por cima = se recuperou
deixar na mão = abandonar
deixou na mão = abandonou
ir por água abaixo = fracassar
foi por água abaixo = fracassou
tirar de letra = fazer facilmente
tirou de letra = fez facilmente
com a corda toda = com muita energia
se deu mal = teve problemas
dei mole = fui descuidado
sem querer querendo = de propósito
sem querer(?=[.,;!?]|$) = por acidente
^sei lá, = não sei,
^quem sabe na = talvez na
^quem sabe no = talvez no
^quem sabe amanhã = talvez amanhã
faz tempo que = há muito tempo que
bom demais = excelente
que saco, = que chato,
^cortou um pouco(?=[.,;!?]|$) = o som falhou um pouco
imagem travou = imagem parou
ficou de(?= \\w+[aei]r\\b) = prometeu
fiquei de(?= \\w+[aei]r\\b) = prometi
ficaram de(?= \\w+[aei]r\\b) = prometeram
^passa lá em casa = venha à minha casa
puxou o pai(?=[.,;!?]|$) = se parece com o pai
puxou a mãe(?=[.,;!?]|$) = se parece com a mãe
tá todo mundo = todos estão
está todo mundo = todos estão
está com febre = tem febre
tá com febre = tem febre
deu ruim = algo deu errado
numa boa = sem problemas
peguei no sono = adormeci
pegou no sono = adormeceu
pegou mal(?=[.,;!?]|$) = causou má impressão
^pega leve = seja gentil
dar uma volta(?=[.,;!?]|$) = passear
^não faz mal, = não há problema,
^tanto faz, = não importa,
bater o martelo = decidir definitivamente
batemos o martelo = decidimos definitivamente
abrir o jogo = falar a verdade
estar por dentro = estar informado
por dentro do assunto = informado sobre o assunto
estou por fora = não estou informado
tá por fora = não está informado
em ponto(?=[.,;!?]|$) = exatamente
site já está no ar = site já está funcionando
site está no ar = site está funcionando
meia-boca = medíocre
quebrar a cabeça = pensar muito
enfiar o pé na jaca = exagerar
viajou na maionese = disse absurdos
viajando na maionese = dizendo absurdos
"""
IDIOMS = PlainWords({"en": _EN, "pt": _PT})
