"""Names of goods in other words: "throw pillow" is "cushion".

Of "Red Nail Polish" a small model made a red nail from Poland, of "criado-mudo" what was created
mute. Here are those whose other words come out right.
"""

from translator.text.plain_words import PlainWords

__all__ = ["PRODUCT_WORDS"]

_EN = """
bifold wallet = folding wallet
car seat cover = cover for car seat
charging pad = charging base
chino pants = cotton pants
cutting board set = set of cutting boards
glow-in-the-dark = luminous
24h playtime = 24 hours of playback
hours playtime = hours of playback
hours of playtime = hours of playback
heavy-duty = resistant
hoodie = hooded sweatshirt
hoodies = hooded sweatshirts
kink-free = flexible
night light(?=[.,;!?]|$| with| for) = night lamp
on-ear headphones = headphones
over-ear headphones = headphones
pajama set = pajamas
pajama sets = pajamas
ring light(?=[.,;!?]|$| with| for) = circular lamp
stick vacuum cleaner = vertical vacuum cleaner
string lights = decorative lights
sweatpants = sports trousers
throw rug = carpet
trifold wallet = folding wallet
with rfid blocking = with RFID protection
throw pillow = cushion
throw pillows = cushions
throw blanket = blanket
throw blankets = blankets
hand vacuum(?! cleaner) = portable vacuum cleaner
robot vacuum(?! cleaner) = robot vacuum cleaner
sheer curtain = transparent curtain
sheer curtains = transparent curtains
tumbler = cup with lid
tote bag = shoulder bag
tote bags = shoulder bags
duffel bag = travel bag
fanny pack = waist bag
wall decal = wall sticker
wall decals = wall stickers
power bank = portable charger
power strip = extension socket
tank top = sleeveless shirt
tank tops = sleeveless shirts
crop top = short blouse
flip flops = beach sandals
nail polish = fingernail varnish
lip balm = lip moisturizer
body wash = liquid soap
stuffed animal = plush toy
stuffed animals = plush toys
air fryer = oil-free fryer
slow cooker = electric slow cooking pot
area rug = carpet
area rugs = carpets
nightstand = bedside table
nightstands = bedside tables
mouse pad = mat for mouse
crew neck = round neck
kids'(?= ) = children's
rain boots = rubber boots
mattress topper = mattress cover
laptop stand = support for laptop
grocery bags = shopping bags
garden hose nozzle = nozzle for garden hose
dog chew toys = chewing toys for dogs
can opener = opener for cans
salad spinner = salad dryer
bookshelf = shelf for books
coat rack = hanger for coats
wall mount for = wall support for
dash cam = car camera
jumper cables = cables for car battery
tire inflator = air pump for tires
swim trunks = swimming shorts
maxi dress = long dress
ankle socks = short socks
boxer briefs = boxer shorts
nail clippers = fingernail cutter
hand cream = cream for hands
face wash = facial soap
eye shadow palette = palette of eye shadows
makeup brushes = brushes for makeup
picture frame = photo frame
picture frames = photo frames
wind chimes = wind bells
bird feeder = feeder for birds
lawn mower = grass cutter
potting soil = soil for plants
sticky notes = adhesive notes
fish tank = aquarium
remote control car = car with remote control
dumbbell set = set of dumbbells
foam roller = massage roller of foam
excl. tax = without tax
flush cache = clear cache
gift card balance = remaining value of the gift card
guest checkout = purchase without registration
incl. tax = with tax
order details = purchase details
storefront = online store
"""

_PT = """
jogo de lençol = conjunto de lençóis
jogo de lençóis = conjunto de lençóis
jogo de cama(?! e) = conjunto de roupa de cama
jogo de jantar = conjunto de jantar
sandália rasteira = sandália rasa
rasteirinha = sandália rasa
regata masculina = camiseta masculina sem mangas
regata feminina = camiseta feminina sem mangas
camiseta regata = camiseta sem mangas
bermuda jeans = calções jeans
bermuda masculina = calções masculinos
meia-calça = meias longas
blusa de frio = casaco leve
criado-mudo = mesa de cabeceira
cobre-leito = colcha
capinha para celular = capa de celular
capinha de celular = capa de celular
capinha para = capa de celular para
caixa de som = alto-falante
ração para = comida para
^ração(?=[.,;!?]|$) = comida para animais
mamadeira = garrafinha de bebê
^cômoda(?= \\d) = armário de gavetas
abajur de mesa = lâmpada de mesa
abajur = lâmpada de mesa
halter = peso de mão
colchonete = tapete de ginástica
pronta entrega = entrega imediata
queima de estoque = liquidação
apontador com = apontador de lápis com
bota cano curto = bota curta
cabideiro de parede = cabide de parede
calota aro = tampa da roda aro
capacete para moto = capacete de motocicleta
capinha de silicone = capa de silicone
cesto de roupa suja = cesto de lavanderia
cortina de box = cortina de chuveiro
escrivaninha = mesa de escritório
estojo escolar = estojo para lápis
ferro de passar a vapor = ferro a vapor
frigideira de teflon = frigideira antiaderente
jogo de chaves = conjunto de chaves
jogo de toalhas = conjunto de toalhas
kit com 2(?=[.,;!?]|$) = 2 unidades
kit com 3(?=[.,;!?]|$) = 3 unidades
lixeira com pedal = lata de lixo com pedal
lápis de cor = lápis coloridos
martelo de borracha = martelo com cabeça de borracha
massinha de modelar = plasticina
pano de prato = toalha de cozinha
panos de prato = toalhas de cozinha
parafusadeira a bateria = chave de fenda elétrica
parafusadeira(?! a) = chave de fenda elétrica
porta-retrato = moldura para foto
suporte veicular = suporte para carro
sutiã sem bojo = sutiã sem enchimento
tesoura sem ponta = tesoura de ponta arredondada
toalha de banho felpuda = toalha de banho macia
torneira gourmet = torneira de cozinha
trena(?= \\d) = fita métrica
tábua de passar roupa = tábua de engomar
tábua de passar(?! roupa) = tábua de engomar
vaso de cerâmica = vaso cerâmico
"""
PRODUCT_WORDS = PlainWords({"en": _EN, "pt": _PT})
