"""Sentences written for the tests of converted models, of mixed length and with odd characters."""

ENGLISH = (
    "Hello.",
    "Where is the train station?",
    "The bakery on the corner opens at seven.",
    "My sister bought a red bicycle for her daughter yesterday.",
    "No!",
    "Please leave your shoes by the door before you come in.",
    "The storm broke three windows, but nobody was hurt.",
    "He has worked in this museum since 1987.",
    "Can you hear me now?",
    "Our neighbours grow tomatoes, beans and a few sunflowers behind the garage.",
    "The engineers found that the old bridge, which had been built in 1932, could no longer carry "
    "heavy trucks, so they closed it for three months.",
    "Tickets cost 12.50 euros; children under six travel free.",
    "She wrote the whole letter by hand.",
    "What time does the last bus leave?",
    "The doctor said that two weeks of rest would be enough.",
    "I would rather walk than wait another hour in this rain.",
    "Fishermen mended their nets on the pier while gulls circled above them.",
    "The café on Rua Augusta closes early on Sundays.",
    "Everyone laughed 😀 when the dog sat down in the middle of the stage.",
    "He didn't answer",
)
PORTUGUESE = (
    "Obrigado.",
    "Que horas são?",
    "O gato dorme na cadeira da cozinha.",
    "A professora corrigiu as provas durante o fim de semana.",
    "Não sei.",
    "Deixe os sapatos perto da porta antes de entrar, por favor.",
    "A tempestade quebrou três janelas, mas ninguém se machucou.",
    "Ele trabalha neste museu desde 1987.",
    "Você está me ouvindo agora?",
    "Nossos vizinhos plantam tomates, feijões e alguns girassóis atrás da garagem.",
    "Quando a tempestade passou, os pescadores voltaram ao porto e descobriram que dois barcos "
    "tinham perdido as redes.",
    "Os bilhetes custam 12,50 euros; crianças até seis anos viajam de graça.",
    "Ela escreveu a carta inteira à mão.",
    "A que horas sai o último ônibus?",
    "O médico disse que duas semanas de descanso bastariam.",
    "Prefiro andar a esperar mais uma hora nesta chuva.",
    "A água do rio está muito fria hoje.",
    "O trem para Lisboa parte da plataforma quatro.",
    "Todos riram 😀 quando o cachorro se sentou no meio do palco.",
    "Ele não respondeu",
)
# What a tokenizer could take for something else than text.
ODD = ("", " ", "  two  spaces ", "</s>", "<unk> <pad> </s>x", "漢字 naïve", "a\u200bb", "▁", "\n")
