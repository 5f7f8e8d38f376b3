"""Measurements that write to ``benchmarks/results``, each with its commit, processor and date.

Many of them bring their own text: the talks in ``examples/``, or sentences in their code. The
others take ``--data``, a folder of published texts that are not part of this project. Without it
``make bench`` leaves them out. To make it, download what you need and write these files, in which
a line of ``.jsonl`` is a JSON object:

``parallel/flores200-dev.en-pt.jsonl``, ``parallel/flores200-dev.pt-en.jsonl``
    FLORES-200, dev, ``eng_Latn`` and ``por_Latn`` (github.com/facebookresearch/flores): ``src``
    and ``ref``, 997 lines in the order of the data set.
``parallel/ntrex128.en-pt.jsonl``
    NTREX-128 (github.com/MicrosoftTranslator/NTREX): ``en`` and ``pt_br``.
``parallel/tatoeba.en-pt.jsonl``
    Tatoeba's sentences and links (tatoeba.org/downloads): ``en``, and ``pt``, a list of all
    translations.
``talks_3b1b/NAME/``
    A lecture and its captions (github.com/3b1b/captions): ``en.words.tsv`` with the columns
    ``start``, ``end`` (seconds) and ``word``; ``segments.jsonl`` with ``start``, ``end``, ``en``
    and ``pt_human``.
``talks_acl6060/NAME/segments.jsonl``
    The Portuguese part of ACL 60/60 (aclanthology.org/2023.iwslt-1.2): ``en``, ``pt``, and in
    ``asr`` what recognisers heard, by their names.
``covost2_pt_en/pt-en.jsonl``
    CoVoST 2, Portuguese to English (github.com/facebookresearch/covost): ``src``, ``ref`` and
    ``asr`` likewise.
``terminology/terms.en-ptbr.jsonl``, ``parallel/tico19.en-ptbr.jsonl``
    TICO-19 (tico-19.github.io): terms, ``en`` and ``pt``; sentences, ``en`` and ``pt_br``.
``terminology/ecommerce_ui_strings_with_placeholders.en-ptbr.jsonl``
    Magento's strings (github.com/magento-l10n): ``en`` and ``pt``.
``listings/NAME.csv``
    Product exports of any shop.
``meetings_earnings22/NAME.words.tsv``
    Earnings-22 (github.com/revdotcom/speech-datasets): ``start``, ``end``, ``speaker``, ``token``,
    ``punct``, the mark that follows.

Figures of two data sets compare only if these are the same sentences in the same order.
"""
