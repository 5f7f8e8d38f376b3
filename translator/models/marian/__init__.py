"""The recurrent network of Marian and Firefox Translations: files, parameters, kernels."""
