"""Portuguese as it is written in Brazil, and as it is written in Portugal.

Models are trained on both, and mix them: "O utilizador" beside "o ônibus". Spelling is that of the
agreement of 1990, which leaves the two different where they sound different: "econômico" and
"económico", "fato" and "facto", "recepção" and "receção". A word that may mean two things is
changed only where the English source says which: "tela" is "ecrã" if that has "screen".
"""

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

from translator.text.agreement import in_gender
from translator.text.case import in_case_of
from translator.text.respelling import Respelling
from translator.text.rewriting import Edit
from translator.text.words import lower_words

__all__ = ["OTHER_GENDER", "words_of_region"]

# European = Brazilian, the plural after a comma. A line with > counts on the way to Brazil only,
# one with < on the way to Portugal. Behind a colon are words of an English source: one is needed.
_WORDS = """
adepto, adeptos < torcedor, torcedores
adepto, adeptos > torcedor, torcedores : fan supporter
agrafador, agrafadores = grampeador, grampeadores
aluguer, alugueres = aluguel, aluguéis
amnistia, amnistias = anistia, anistias
ananás, ananases = abacaxi, abacaxis
apelido, apelidos < sobrenome, sobrenomes
apelido, apelidos > sobrenome, sobrenomes : surname
auscultador, auscultadores = fone de ouvido, fones de ouvido
autocarro, autocarros = ônibus, ônibus
autocolante, autocolantes = adesivo, adesivos : sticker
bebé, bebés = bebê, bebês
bidé, bidés = bidê, bidês
bilheteira, bilheteiras = bilheteria, bilheterias
bilião, biliões = trilhão, trilhões : trillion
boleia, boleias < carona, caronas
boleia, boleias > carona, caronas : ride lift
cacifo, cacifos = armário, armários : locker
calções > shorts : shorts trunks
camião, camiões = caminhão, caminhões
camionista, camionistas = caminhoneiro, caminhoneiros
camisa de dormir, camisas de dormir < camisola, camisolas : nightgown
camisola, camisolas > camisa, camisas : jersey
canalizador, canalizadores = encanador, encanadores
cancro, cancros = câncer, cânceres : cancer
carregar em > clicar em : click
carregue em > clique em : click
carregue na > clique na : click
carregue no > clique no : click
carta de condução, cartas de condução = carteira de motorista, carteiras de motorista
câmara, câmaras < câmera, câmeras
câmara, câmaras > câmera, câmeras : camera webcam
champô, champôs = xampu, xampus
chávena, chávenas = xícara, xícaras
checa, checas = tcheca, tchecas
checo, checos = tcheco, tchecos
cliché, clichés = clichê, clichês
comboio, comboios < trem, trens
comboio, comboios > trem, trens : train
comité, comités = comitê, comitês
conduz, conduzem < dirige, dirigem : drive drives driving
conduzia, conduziam < dirigia, dirigiam : drove driving
conduzindo < dirigindo : driving
conduzir < dirigir : drive driving
conduziu, conduziram < dirigiu, dirigiram : drove
conduzo < dirijo : drive
connosco = conosco
cozedura = cozimento
croché = crochê
descarregado, descarregados < baixado, baixados : downloaded
descarregando < baixando : downloading
descarregar < baixar : download
descarregou, descarregaram < baixou, baixaram : downloaded
descarregue, descarreguem < baixe, baixem : download
desportista, desportistas = esportista, esportistas
desportiva, desportivas = esportiva, esportivas
desportivo, desportivos = esportivo, esportivos
desporto, desportos = esporte, esportes
dezanove = dezenove
dezasseis = dezesseis
dezassete = dezessete
edredão, edredões = edredom, edredons
elétrico, elétricos < bonde, bondes
empregada de mesa, empregadas de mesa = garçonete, garçonetes
empregado de mesa, empregados de mesa = garçom, garçons
ensino secundário = ensino médio
equipa, equipas < equipe, equipes
equipa, equipas > equipe, equipes : team crew staff squad
esquadra, esquadras = delegacia, delegacias : police
facto, factos < fato, fatos : fact truth
facto, factos > fato, fatos
fato de banho, fatos de banho = maiô, maiôs : swimsuit bathing
fato, fatos < terno, ternos : suit
ficheiro, ficheiros < arquivo, arquivos : file
ficheiro, ficheiros > arquivo, arquivos
gasóleo > diesel
gelado, gelados < sorvete, sorvetes
golo, golos = gol, gols
guarda-redes, guarda-redes = goleiro, goleiros
guião, guiões = roteiro, roteiros : script screenplay
guiché, guichés = guichê, guichês
guionista, guionistas = roteirista, roteiristas
hospedeira, hospedeiras < aeromoça, aeromoças
hospedeira, hospedeiras > aeromoça, aeromoças : stewardess attendant
indemnização, indemnizações = indenização, indenizações
introduza > insira : enter type
introduzir > inserir : enter type
israelita, israelitas = israelense, israelenses : israeli
judo = judô
karaté = caratê
lixívia < água sanitária
lixívia > água sanitária : bleach
mamã = mamãe
maquilhagem = maquiagem
miúda, miúdas > garota, garotas : kid girl child
miúdo, miúdos > garoto, garotos : kid boy child
mobilada, mobiladas = mobiliada, mobiliadas
mobilado, mobilados = mobiliado, mobiliados
montra, montras = vitrine, vitrines
palavra-passe, palavras-passe < senha, senhas : password
palavra-passe, palavras-passe > senha, senhas
palestinianas = palestinas : palestinian
palestiniano, palestinianos = palestino, palestinos
papá = papai
paragem, paragens = parada, paradas : stop
pastilha elástica, pastilhas elásticas = chiclete, chicletes
peão, peões < pedestre, pedestres
peão, peões > pedestre, pedestres : pedestrian
penálti, penáltis = pênalti, pênaltis
pequeno-almoço, pequenos-almoços = café da manhã, cafés da manhã
percentagem, percentagens = porcentagem, porcentagens
peúga, peúgas > meia, meias
polaca, polacas = polonesa, polonesas
polaco, polacos = polonês, poloneses
porta-bagagens = porta-malas
presidente da câmara, presidentes da câmara = prefeito, prefeitos : mayor
propinas > mensalidades : tuition fee
puré, purés = purê, purês
quinta, quintas < fazenda, fazendas : farm
rapariga, raparigas > garota, garotas
rato, ratos < mouse, mouses
reformado, reformados = aposentado, aposentados : retired retiree pensioner
relva = grama : grass lawn
relvado, relvados = gramado, gramados
rés-do-chão = térreo
rotunda, rotundas < rotatória, rotatórias
rotunda, rotundas > rotatória, rotatórias : roundabout
roupa interior = roupa íntima
saco-cama, sacos-cama = saco de dormir, sacos de dormir
sítio, sítios > site, sites : website
soutien, soutiens = sutiã, sutiãs
stock, stocks = estoque, estoques
subtil, subtis = sutil, sutis
sumo, sumos < suco, sucos
sumo, sumos > suco, sucos : juice
súbdito, súbditos = súdito, súditos
t-shirt, t-shirts = camiseta, camisetas
talho, talhos < açougue, açougues
talho, talhos > açougue, açougues : butcher
telecomando, telecomandos > controle remoto, controles remotos
telemóvel, telemóveis < celular, celulares : phone cellphone mobile
telemóvel, telemóveis < telefone celular, telefones celulares
telemóvel, telemóveis > celular, celulares
tenda, tendas = barraca, barracas : tent
travão, travões = freio, freios : brake
utilizador, utilizadores = usuário, usuários
utilizadora, utilizadoras = usuária, usuárias
Amesterdão = Amsterdã
Bagdade = Bagdá
Banguecoque < Bangkok
Copenhaga = Copenhague
Egipto > Egito
Gronelândia = Groenlândia
Helsínquia = Helsinque
Irão = Irã : iran
Islão = Islã
Jugoslávia = Iugoslávia
Madrid < Madri
Médio Oriente = Oriente Médio
Moscovo = Moscou
Nova Deli = Nova Délhi
Nova Iorque = Nova York
Pai Natal = Papai Noel
Teerão = Teerã
Telavive = Tel Aviv
Vietname = Vietnã
"""
# The same where the gender differs.
_FEMININE_IN_PORTUGAL = """
alcunha, alcunhas < apelido, apelidos : nickname
bolacha, bolachas > biscoito, biscoitos : cookie biscuit
bomba de gasolina, bombas de gasolina < posto de gasolina, postos de gasolina
bomba de gasolina, bombas de gasolina > posto de gasolina, postos de gasolina : station
camisola, camisolas > moletom, moletons : sweatshirt hooded hoodie
camisola, camisolas > suéter, suéteres : sweater jumper pullover
casa de banho, casas de banho = banheiro, banheiros
ementa, ementas < cardápio, cardápios
ementa, ementas > cardápio, cardápios : menu
faturação = faturamento
morada, moradas > endereço, endereços : address
paragem de autocarro, paragens de autocarro = ponto de ônibus, pontos de ônibus
portagem, portagens = pedágio, pedágios
"""
_MASCULINE_IN_PORTUGAL = """
berbequim, berbequins = furadeira, furadeiras
biberão, biberões = mamadeira, mamadeiras
ecrã, ecrãs < tela, telas : screen screenshot touchscreen
ecrã, ecrãs > tela, telas
frigorífico, frigoríficos < geladeira, geladeiras
frigorífico, frigoríficos > geladeira, geladeiras : fridge refrigerator
passeio, passeios = calçada, calçadas : sidewalk pavement
"""

# Parts of words, in small letters, and what stands for them; each sees what those before it left.
# What the agreement of 1990 ended on both sides:
_OLD_SPELLING = (
    (r"(?<!f)acç", "aç"),
    (r"(?<!nf)(?<!det)(?<!^s)(?<!rs)ecç", "eç"),
    (r"^(ado|exce)pç", r"\1ç"),
    (r"^accion", "acion"),
    (r"^((?:in|re|inter|desa?|retro)?a)ct(?=os?$|or|riz|ua|iv|u)", r"\1t"),
    (r"^(ex|abstr|extr|inex)act", r"\1at"),
    (r"^(f|tr)act(?=or|ur)", r"\1at"),
    (r"^(t)([áa])ct(?=o|i)", r"\1\2t"),
    (
        r"^((?:in|re)?(?:proj|obj|subj|inj|rej|dir|corr|arquit|ef|af|col|sel|prot|insp|ins|traj"
        r"|dial|t)e)ct(?=[aeoiuáéíóâ])",
        r"\1t",
    ),
    (r"^(hidro|fotó|foto|micro)?el([eé])ct(?=r)", r"\1el\2t"),
    (r"^espectácul", "espetácul"),
    (r"^ópt(?=i[mc])", "ót"),
    (r"^opt(?=imi)", "ot"),
    (r"^(re)?adopt", r"\1adot"),
    (r"^bapt(?=i)", "bat"),
    (r"^except(?=o|u)", "excet"),
    (r"^sector", "setor"),
    (r"^selecc", "selec"),
    (r"(?<=[gq])ü(?=[eiéí])", "u"),
    (r"(?<=.)éi(?=as?$)", "ei"),
    (r"^jói(?=as?$)", "joi"),
    (r"ói(?=c[oa]s?$|des?$)", "oi"),
    (r"^(l|v|cr|d|rev|prev)êem$", r"\1eem"),
    (r"^(v|enj)ôo(?=s?$)", r"\1oo"),
)
_TO_BRAZIL = (
    *_OLD_SPELLING,
    (r"é(?=[mn][aeiouáâãéêíóôõú].*(?<!z)$)", "ê"),
    (r"ó(?=[mn][aeiouáâãéêíóôõú].*(?<!z)$)", "ô"),
    (r"^contact", "contat"),
    (r"^controlos$", "controles"),
    (r"^(re|con|per|de)ceç(?=ão|ões)", r"\1cepç"),
    (r"^rece(?=tor|tiv)", "recep"),
    (r"^(a)spet(?=os?$)", r"\1spect"),
    (r"^(respe|perspe|retrospe|prospe)t(?=iv)", r"\1ct"),
    (r"^espet(?=ador|ro)", "espect"),
    (r"^expet(?=ativ)", "expect"),
    (r"^(inde|de)tet", r"\1tect"),
    (r"^infe(?=ç|t)", "infec"),
    (r"^(inter)?secç", r"\1seç"),
    (r"^excecion", "excepcion"),
    (r"^regist(?!r)", "registr"),
    (r"^planei(?=(?:am?|as|em?|es|o)$)", "planej"),
    (r"^plane(?=a|ou|á)", "planej"),
    (r"^h(?=úmid|umid|umedec)", ""),
    (r"^partilh", "compartilh"),
    (r"^quot(?=idian|as?$)", "cot"),
    (r"^omni", "oni"),
    (r"(?<=\w\w)ámos$", "amos"),
)
_TO_PORTUGAL = (
    *_OLD_SPELLING,
    (r"(?<!^f)ê(?=[mn][aeiouáâãéêíóôõú])", "é"),
    (r"(?<!^est)ô(?=[mn][aeiouáâãéêíóôõú])", "ó"),
    (r"^contat", "contact"),
    (r"^(re|con|per|de)cepç", r"\1ceç"),
    (r"^recep(?=tor|tiv)", "rece"),
    (r"^aspect(?=os?$)", "aspet"),
    (r"^(respe|perspe|retrospe|prospe)ct(?=iv)", r"\1t"),
    (r"^(inde|de)tect", r"\1tet"),
    (r"^infec(?=ç|t)", "infe"),
    (r"^(inter)?seç", r"\1secç"),
    (r"^excepcion", "excecion"),
    (r"^registr", "regist"),
    (r"^planej(?=(?:am?|as|em?|es|o)$)", "planei"),
    (r"^planej", "plane"),
    (r"^(?=úmid|umid|umedec)", "h"),
    (r"^compartilh", "partilh"),
    (r"^cot(?=idian|as?$)", "quot"),
    (r"^oni(?=pot|pres|sci|vor)", "omni"),
)

_WORD = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)*")
# They have small letters on both sides now, but for those in names: "Rio de Janeiro".
_MONTHS = frozenset(
    [
        *["janeiro", "fevereiro", "março", "abril", "maio", "junho", "julho", "agosto"],
        *["setembro", "outubro", "novembro", "dezembro"],
    ]
)
_BEFORE_MONTH = re.compile(r"(?<!\bRio)\s(?:de|em)\s+$")
_MANY = re.compile(
    r"(?:\b(?:[oa]s|[ao]os|[dn][oa]s|pel[oa]s|un?s|umas|[mst]eus|nossos|est[ea]s|ess[ea]s|muitos"
    r"|vários|alguns|outros|dois|três|quatro|cinco|seis|sete|oito|nove|dez|quantos|todos os)"
    r"|(?<![\d.,])(?:[2-9]|\d\d+))\s+$",
    re.IGNORECASE,
)


class _Known(NamedTuple):
    """What an expression becomes.

    Attributes:
        pattern: The expression; None if it is one word.
        one: What it becomes.
        many: The same in the plural, if the expression does not tell its number.
        cues: Words of the source of which one is needed; none if empty.
        is_feminine: The gender of what it becomes, if that is another.
        is_name: Whether it is one only with a capital: "irão" is a verb.
    """

    pattern: re.Pattern[str] | None
    one: str
    many: str
    cues: frozenset[str]
    is_feminine: bool | None
    is_name: bool


class _Line(NamedTuple):
    """A line of a table, on the way to a region."""

    ours: list[str]
    theirs: list[str]
    cues: frozenset[str]
    is_feminine: bool | None = None


def _lines(table: str, way: str) -> Iterator[_Line]:
    for line in table.strip().splitlines():
        words, _, cues = line.partition(" : ")
        european, sign, brazilian = re.split(r" ([<=>]) ", words)
        if sign in ("=", way):
            wanted = frozenset(cue for word in cues.split() for cue in (word, f"{word}s"))
            ours, theirs = european.split(", "), brazilian.split(", ")
            yield _Line(*((theirs, ours) if way == "<" else (ours, theirs)), wanted)


def _lines_of_other_gender(way: str) -> Iterator[_Line]:
    for gender, table in (("f", _FEMININE_IN_PORTUGAL), ("m", _MASCULINE_IN_PORTUGAL)):
        is_feminine = (gender == "f") == (way == "<")
        for line in _lines(table, way):
            yield line._replace(is_feminine=is_feminine)


def _known(way: str) -> dict[str, list[_Known]]:
    """Expressions by their first word, the longer ones first."""
    known: dict[str, list[_Known]] = {}
    for ours, theirs, cues, is_feminine in (*_lines(_WORDS, way), *_lines_of_other_gender(way)):
        # A form for both numbers is there twice; the singular counts.
        for form, said in dict(zip(reversed(ours), reversed(theirs), strict=True)).items():
            first, *rest = form.lower().split()
            spelled = re.compile(rf"{re.escape(form)}(?![\w-])".replace(r"\ ", r"\s+"), re.I)
            many = theirs[-1] if ours[0] == ours[-1] else said
            is_name = form[0].isupper()
            entry = _Known(spelled if rest else None, said, many, cues, is_feminine, is_name)
            known.setdefault(first, []).append(entry)
    for entries in known.values():
        entries.sort(key=lambda each: each.pattern is None)
    return known


_WAYS = {"BR": ">", "PT": "<"}
# For each region the words that differ in gender: whether each is feminine.
OTHER_GENDER = {
    region: {
        form: bool(line.is_feminine) for line in _lines_of_other_gender(way) for form in line.theirs
    }
    for region, way in _WAYS.items()
}
_KNOWN = {region: _known(way) for region, way in _WAYS.items()}
_SPELLING = {"BR": Respelling(_TO_BRAZIL), "PT": Respelling(_TO_PORTUGAL)}


@lru_cache(maxsize=16_384)
def _may_change(word: str, region: str) -> bool:
    """Whether a region has another word for one in small letters, or spells it otherwise."""
    return word in _MONTHS or word in _KNOWN[region] or _SPELLING[region].spelled(word) != word


def words_of_region(region: str, text: str, source: str, start: int = 0) -> Iterator[Edit]:
    """Find words that a region has others for, or spells otherwise.

    Args:
        region: "BR" or "PT".
        text: Some Portuguese.
        source: What it translates.
        start: Where what may change begins.
    """
    known = _KNOWN[region]
    if not any(_may_change(word, region) for word in set(_WORD.findall(text.lower()))):
        return
    cues = frozenset(lower_words(source))
    for word in _WORD.finditer(text):
        low = word[0].lower()
        if low in _MONTHS:
            if word[0] == low.capitalize() and _BEFORE_MONTH.search(
                text, max(0, word.start() - 8), word.start()
            ):
                yield Edit(*word.span(), low)
            continue
        spelled = _SPELLING[region].spelled(low)
        for entry in known.get(low) or known.get(spelled) or ():
            found = word if entry.pattern is None else entry.pattern.match(text, word.start())
            is_meant = word[0][0].isupper() or not entry.is_name
            if found is not None and is_meant and (not entry.cues or entry.cues & cues):
                yield from _put(text, found, entry, start)
                break
        else:
            # A name stays as its source has it: "António".
            if spelled != low and not (word[0][0].isupper() and low in cues):
                yield Edit(*word.span(), in_case_of(word[0], spelled))


def _put(text: str, found: re.Match[str], entry: _Known, start: int) -> Iterator[Edit]:
    """What becomes of an expression, and of the words before it that have its gender."""
    said = entry.one
    if entry.many != entry.one and _MANY.search(text, max(0, found.start() - 12), found.start()):
        said = entry.many
    if entry.is_feminine is not None:
        before = text[: found.start()].rstrip()
        stays, agreed = in_gender(before, entry.is_feminine)
        if agreed and len(stays) < start:
            # An article that stays decides for its noun.
            return
        if agreed:
            yield Edit(len(stays), len(before), agreed)
    yield Edit(*found.span(), in_case_of(found[0], said))
