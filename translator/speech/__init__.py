"""Speech to text, while it is spoken: audio goes in, pieces of source come out.

``recogniser`` says what a recogniser is, ``listening`` feeds one without the event loop waiting,
``window`` makes a streaming recogniser of a model that hears only whole recordings, and ``whisper``
is such a model. The extra ``speech`` brings what the last one needs.
"""
