"""The recurrent model as a model of the Transformers library.

Importing this package registers it with ``AutoConfig``, ``AutoModelForSeq2SeqLM`` and
``AutoTokenizer``. The server does not import it; see ``marian/converted.py``.
"""

from transformers import AutoConfig, AutoModelForSeq2SeqLM, AutoTokenizer

from translator.models.pretrained.config import MarianSsruConfig
from translator.models.pretrained.model import MarianSsruForConditionalGeneration
from translator.models.pretrained.tokenizer import MarianSsruTokenizer

__all__ = ["MarianSsruConfig", "MarianSsruForConditionalGeneration", "MarianSsruTokenizer"]

AutoConfig.register(MarianSsruConfig.model_type, MarianSsruConfig)
AutoModelForSeq2SeqLM.register(MarianSsruConfig, MarianSsruForConditionalGeneration)
AutoTokenizer.register(MarianSsruConfig, tokenizer_class=MarianSsruTokenizer)
