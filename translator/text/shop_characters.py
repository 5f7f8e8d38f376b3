"""The characters that shops and captions use, by which models are compared."""

from collections.abc import Callable

__all__ = ["SHOP_CHARACTERS", "unwritable_of"]

# Each once.
SHOP_CHARACTERS = "".join(
    dict.fromkeys(
        "€£¥₹¢₩₽₺₪฿®©™µ×÷±½¼¾⅓Ø“”‘’„«»–—…•·★☆✓✔✗→←↑↓⇒≤≥≠≈∞√∑πΩ∆§¶†‡{}<>@~^\\`¿¡ßñæœłøåäöüëïîûÿšž"
        "čćđğışęąńśźżőűțșďťňřůý♪♫♥♡❤☺☹☀☁☂☎✉✂✈⚠⚡♻⚽🎉😀😂😍🤔👍🙏🔥💯🎁🚚🛒📦🏷⏰🔒✅❌➕➖"
        "漢字日本語中文한국ПриветмирΕλλάδαשלוםمرحبا№℃℉㎡♂♀☆◆●○■□▲▼◎#%*+=$€|_²³°ºª"
    )
)


def unwritable_of(writes: Callable[[str], bool]) -> str:
    """Those that a model cannot write."""
    return "".join(character for character in SHOP_CHARACTERS if not writes(character))
