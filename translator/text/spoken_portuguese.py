"""Portuguese as it is spoken in Portugal and at home, in words that models know better.

Models know best what Brazil writes. "Liga o aquecedor" is a request to a friend, and they take it
for a third person: "Turns on the heater". And they know few expressions of every day: "uma bica"
was a spout, "na bicha" an insult, and "bati o carro" "I beat the car".
"""

from collections.abc import Iterator

from translator.text.plain_words import PlainWords

__all__ = ["SPOKEN_PORTUGUESE"]

# What is asked of a friend = what is asked of anybody. Only where a sentence begins and an object
# follows, or "-me": "Traz o carregador", "Traz-me um copo".
_REQUESTS = """
acende = acenda
arruma = organize
atira = jogue
carrega = carregue
confirma = confirme
conta = conte
deita = deite
desliga = desligue
diz = diga
envia = envie
fecha = feche
liga = ligue
limpa = limpe
lê = leia
marca = marque
mete = ponha
mexe = mexa
mostra = mostre
muda = mude
paga = pague
passa = passe
prova = prove
responde = responda
sai = saia
tira = tire
traz = traga
usa = use
"""
_OBJECTS = (
    r"(?: (?:[oa]s?|uma?|isso|isto|aquilo|est[ea]s?|ess[ea]s?|aquel[ea]s?) "
    r"| (?:isso|isto|aí|daí|daqui)(?=[.,;!?]|$))"
)
_EXPRESSIONS = """
a malta vai = todos nós vamos
anda cá = venha cá
apanhar o comboio = pegar o trem
apanho o metro = pego o metrô
avariou = quebrou
a bica(?=[.,;!?]|$| e) = o café expresso
uma bica(?=[.,;!?]|$| e) = um café expresso
duas bicas = dois cafés expressos
atravessou a passadeira = atravessou a faixa de pedestres
atravessar a passadeira = atravessar a faixa de pedestres
bom proveito(?=[.,;!?]|$) = bom apetite
bué de gente = muita gente
bué(?! de) = muito
cala-te(?=[.,;!?]|$) = fique quieto
cala-te e = fique quieto e
com a malta = com os amigos
como te chamas = qual é o seu nome
de borla = de graça
à borla = de graça
deita isso fora = jogue isso no lixo
atira isso para o lixo = jogue isso no lixo
deitar fora = jogar no lixo
desenrasca-te = resolva isso sozinho
^despacha-te = apresse-se
em saldos = em promoção
enganaste-te no número = você ligou para o número errado
^esqueceste-te(?= d) = você se esqueceu
^tou sim(?=[.,;!?]|$) = alô
estou à rasca = estou com problemas
estou sem rede = estou sem sinal
está sem rede = está sem sinal
^fazes-me um favor = pode me fazer um favor
faço anos = o meu aniversário é
faz anos(?= amanhã| hoje| no | em | na ) = comemora o aniversário
fazer anos(?= amanhã| hoje| no | em | na ) = comemorar o aniversário
fecha a porta à chave = tranque a porta
foi uma seca(?=[.,;!?]|$) = foi muito chato
é uma seca(?=[.,;!?]|$) = é muito chato
^força aí(?=[.,;!?]|$) = vamos lá
gajo porreiro = cara legal
gajos porreiros = caras legais
porreiro = legal
porreira = legal
^já agora, = a propósito,
levantar dinheiro = sacar dinheiro
levantei dinheiro = saquei dinheiro
^ligo-te logo = te ligo mais tarde
^ligo-te = te ligo
logo te ligo = te ligo mais tarde
na bicha = na fila
bicha enorme = fila enorme
^mete gasolina = abasteça o carro
nem por isso(?=[.,;!?]|$) = não muito
não me chateies = não me incomode
não percebo nada = não entendo nada
não percebo o que = não entendo o que
não tem piada = não é engraçado
não tem piada nenhuma = não é engraçado
tem piada(?=[.,;!?]|$) = é engraçado
tem graça(?=[.,;!?]|$) = é engraçado
o peão atravessa = o pedestre atravessa
o peão atravessou = o pedestre atravessou
^percebeste(?=[?]) = você entendeu
^percebes = você entende
perdi a reunião = faltei à reunião
perder o comboio = chegar tarde demais para o comboio
perder o voo = chegar atrasado para o voo
que idade tens = quantos anos você tem
que lata(?=[.,;!?]|$) = que falta de vergonha
que fazes na vida = qual é o seu trabalho
^queria um = eu gostaria de um
^queria uma = eu gostaria de uma
reunião ficou para = reunião foi adiada para
^tem calma = fique calmo
tens lume = você tem um isqueiro
tive um furo(?=[.,;!?]|$) = tive um pneu furado
^vai-te embora = vá embora
vou-me deitar(?=[.,;!?]|$) = vou dormir
e te retorno(?=[.,;!?]|$) = e respondo para você
a entrega atrasou = a entrega está atrasada
o mês no azul = o mês com lucro
o ano no azul = o ano com lucro
ficamos no vermelho = tivemos prejuízo
vendas bombaram = vendas foram excelentes
festa bombou = festa foi um sucesso
produto encalhou = produto não vendeu
^aceita pix = você aceita Pix
^parcelo em até = pode pagar em até
desconto à vista = desconto para pagamento em dinheiro
pagar à vista = pagar em dinheiro
chegou amassada = chegou danificada
chegou amassado = chegou danificado
entregam no interior = entregam fora da capital
preço está salgado = preço está muito alto
^faz por menos(?=[?]|$) = pode fazer um desconto
internet está caindo = conexão está falhando
^estou de mudança(?=[.,;!?]|$) = estou me mudando de casa
bati o carro(?=[.,;!?]|$| ontem| hoje| n[oa]) = tive um acidente de carro
bateu o carro(?=[.,;!?]|$| ontem| hoje| n[oa]) = teve um acidente de carro
^acabou a gasolina = não há mais gasolina
^acabou a água = não há mais água
^acabou o açúcar = não há mais açúcar
^acabou o café = não há mais café
^acabou o gás = não há mais gás
^acabou o leite = não há mais leite
^acabou o papel = não há mais papel
^acabou o pão = não há mais pão
^está faltando água = não há água
chuveiro queimou = chuveiro parou de funcionar
lâmpada queimou = lâmpada parou de funcionar
minha pressão caiu = minha pressão arterial caiu
teve alta(?=[.,;!?]|$| ontem| hoje| do hospital) = saiu do hospital
está com catapora = tem catapora
está com gripe = tem gripe
passou de ano(?=[.,;!?]|$) = foi aprovada na escola
ficou de recuperação = precisa repetir a prova
tirei nota dez = recebi a nota máxima
matei aula = faltei à aula
matar aula = faltar à aula
faz faculdade de = estuda
prestar vestibular = fazer o exame de admissão da universidade
foi mandado embora = foi demitido
foi mandada embora = foi demitida
pedi demissão = deixei o meu emprego
bati o ponto(?=[.,;!?]|$| às) = registrei a minha entrada
fiz hora extra = trabalhei horas extras
caiu na conta(?=[.,;!?]|$) = foi depositado
o time empatou = o jogo terminou empatado
chover canivete = chover muito
está um calor de rachar = está muito quente
está um frio danado = está muito frio
^que sono(?=[!.]|$) = estou com muito sono
^que fome(?=[!.]|$) = estou com muita fome
morrendo de rir = rindo muito
fazer a barba(?=[.,;!?]|$) = me barbear
pagar a conta de luz = pagar a conta de eletricidade
conta de luz veio cara = conta de eletricidade está muito alta
conta de água veio cara = conta de água está muito alta
top demais = excelente
daqui a quinze dias = em duas semanas
de quinze em quinze dias = a cada duas semanas
dia sim, dia não = a cada dois dias
dia sim dia não = a cada dois dias
há quinze dias(?=[.,;!?]|$) = duas semanas atrás
a uns(?= (?:dez|quinze|vinte|trinta|\\d)) = a cerca de
você arrasou = você foi incrível
ela arrasou(?=[!.]|$) = ela foi incrível
você mandou bem = você fez um bom trabalho
você mandou muito bem = você fez um ótimo trabalho
vira e mexe = muitas vezes
gostei dele de cara = gostei dele imediatamente
gostei dela de cara = gostei dela imediatamente
falei na lata = falei diretamente
consta como entregue = está marcado como entregue
me passar o número = me dizer o número
o estorno cai em até = o reembolso chega em até
o estorno = o reembolso
caixa de spam = pasta de spam
assinatura renovou sozinha = subscrição foi renovada automaticamente
^tem período de teste = vocês têm um período de teste
quando volta ao estoque = quando estará disponível de novo
^vem com carregador = ele vem com carregador
^vem com manual = ele vem com manual
^vem com pilhas = ele vem com pilhas
^serve no meu = é compatível com o meu
^tem garantia de quanto tempo = quanto tempo dura a garantia
a forma é pequena = o tamanho é pequeno
peça um número maior = peça um tamanho maior
^faltou uma peça = uma peça estava faltando
caiu como uma luva = serviu perfeitamente
^tamanho certinho(?=[.,;!?]|$) = o tamanho é perfeito
soltou tinta = a cor desbotou
propaganda enganosa = publicidade enganosa
igual à foto = exatamente como na foto
cartão do convênio = cartão do plano de saúde
o convênio cobre = o plano de saúde cobre
o convênio não cobre = o plano de saúde não cobre
o meu convênio = o meu plano de saúde
pelo convênio(?=[.,;!?]|$) = pelo plano de saúde
minha consulta com o = minha consulta médica com o
minha consulta com a = minha consulta médica com a
médico deu alta = médico liberou o paciente
médica deu alta = médica liberou o paciente
grávida de(?= (?:um|dois|três|quatro|cinco|seis|sete|oito|nove|\\d) m[eê]s) = grávida há
^parcele em até 10x = pague em até 10 parcelas
^parcele em até 12x = pague em até 12 parcelas
^parcele em até 6x = pague em até 6 parcelas
^parcele em até = pague em até
pague à vista = pague em uma só parcela
^retire na loja = pegue na loja
retirar na loja = pegar na loja
tirar a segunda via do RG = pedir uma nova cópia do documento de identidade
tirar a segunda via do = pedir uma nova cópia do
tirar a segunda via da = pedir uma nova cópia da
segunda via do boleto = nova cópia da fatura
segunda via da fatura = nova cópia da fatura
segunda via da conta = nova cópia da conta
do RG(?=[.,;!?]|$) = do documento de identidade
juros do cheque especial = juros do saldo negativo
caiu um pix na = chegou uma transferência Pix na
^bata no liquidificador = misture no liquidificador
^bata tudo no liquidificador = misture tudo no liquidificador
leve ao forno médio por = asse em forno médio por
leve ao forno por = asse no forno por
^desligue o fogo = desligue o fogão
vence todo dia = deve ser pago todo dia
computador travou = computador parou de funcionar
celular travou = celular parou de funcionar
aplicativo travou = aplicativo parou de funcionar
ficou com o microfone aberto = deixou o microfone ligado
a gente dá conta(?=[.,;!?]|$) = vamos conseguir
goleiro pegou = goleiro defendeu
surgiu um imprevisto = aconteceu algo inesperado
puxou conversa com = começou uma conversa com
^deixa comigo = eu cuido disso
^combinado, = certo,
^como assim(?=[,?]) = o que você quer dizer
^tomara que = espero que
nota fiscal = fatura
te vejo na academia = vejo você na academia
o juiz apitou o fim = o árbitro deu o apito final
o juiz apitou o final = o árbitro deu o apito final
carro não pega(?=[.,;!?]|$| de manhã| no frio| direito) = motor do carro não liga
freio está chiando = freio está fazendo barulho
^queimou o chuveiro = o chuveiro parou de funcionar
^queimou a lâmpada = a lâmpada parou de funcionar
parou de gelar = não está esfriando
panela no fogo = panela no fogão
precisa tomar vacina = precisa ser vacinado
buscar as crianças na escola = buscar as crianças da escola
tirou dez na prova = recebeu a nota máxima no exame
tirei dez na prova = recebi a nota máxima no exame
cantar parabéns = cantar feliz aniversário
meus pêsames = minhas condolências
o salário caiu(?=[.,;!?]|$| hoje| ontem| na conta) = o salário foi depositado
pedi um aumento para o chefe = pedi ao chefe um aumento de salário
trabalho de carteira assinada = emprego formal
batemos a meta = atingimos a meta
bateu a meta = atingiu a meta
bater a meta = atingir a meta
cliente fechou o contrato = cliente assinou o contrato
estamos no vermelho = temos prejuízo
subi a nova versão = publiquei a nova versão
abre um chamado para o suporte = abra uma solicitação de suporte
abrir um chamado = abrir uma solicitação de suporte
abri um chamado = abri uma solicitação de suporte
peguei trânsito = fiquei preso no trânsito
ficou pendente da reunião passada = isso está pendente desde a última reunião
^segue o link = aqui está o link
^veio com defeito = o produto chegou com defeito
^não serviu(?=[.,;!?]|$) = o tamanho não está certo
dinheiro jogado fora = é um desperdício de dinheiro
pode ir à lava-louças = pode ser lavado na lava-louças
pode ir ao micro-ondas = pode ser usado no micro-ondas
^digite(?= \\d) = aperte
ligação está cortando = chamada está cortando
passar a ligação para = transferir a chamada para
está dando sinal de ocupado = a linha está ocupada
trouxe o pedido errado = trouxe o prato errado
carne bem passada = carne bem cozida
mais um chope = mais uma cerveja
comida esfriou = comida ficou fria
falo com o senhor(?= (?-i:[A-Z])) = estou falando com o senhor
falo com a senhora(?= (?-i:[A-Z])) = estou falando com a senhora
já vão te atender = alguém vai atender você em breve
reserva em nome de = reserva no nome de
^pode me(?= (?:acordar|ligar|avisar|ajudar|enviar|mandar|passar)) = você pode me
pode ir com calma = não há pressa
não deu tempo de(?= \\w+[aei]r\\b) = não tive tempo de
^deu tudo certo(?=[.,;!?]|$| n[oa]| com) = tudo correu bem
^pois é, = é verdade,
quando vocês me retornam = quando vocês me respondem
estão na ligação = estão na chamada
estou em outra ligação = estou em outra chamada
ele está em outra ligação = ele está em outra chamada
ela está em outra ligação = ela está em outra chamada
ganhou do(?= (?-i:[A-ZÀ-Ú])) = derrotou o
ganhou da(?= (?-i:[A-ZÀ-Ú])) = derrotou a
^abre um pr(?=[.,;!?]|$| para| pra) = abra um PR
a daily é = a reunião diária é
a daily(?=[.,;!?]|$| hoje| amanhã| de) = a reunião diária
card está parado = tarefa está bloqueada
veio do comercial = veio do departamento comercial
chegou do comercial = chegou do departamento comercial
fiz um pedido semana = fiz uma encomenda semana
fiz um pedido ontem = fiz uma encomenda ontem
"""


def _requests() -> Iterator[str]:
    for line in _REQUESTS.strip().splitlines():
        friend, anybody = line.split(" = ")
        yield f"^{friend}(?={_OBJECTS}) = {anybody}"
        yield f"^{friend}-me = {anybody}-me"


def _ages() -> Iterator[str]:
    """Ages that are told roughly: "trinta e poucos anos" was thirty-six."""
    tens = ["vinte", "trinta", "quarenta", "cinquenta", "sessenta", "setenta", "oitenta"]
    for ten in tens:
        for some in ("", "uns "):
            yield f"{some}{ten} e poucos anos = pouco mais de {ten} anos"
            yield f"{some}{ten} e tantos anos = mais de {ten} anos"


def _days() -> Iterator[str]:
    """Days of each month: "todo dia 5" was "every day 5"."""
    for day in range(1, 32):
        yield rf"todo dia {day}(?![\d/:h]) = no dia {day} de cada mês"
        yield rf"vence todo dia {day}(?![\d/:h]) = deve ser pago no dia {day} de cada mês"


SPOKEN_PORTUGUESE = PlainWords(
    {"pt": "\n".join([_EXPRESSIONS.strip(), *_requests(), *_ages(), *_days()])}
)
