"""What the tests of ``research`` share: a small module, questions about it, a small backlog."""

import textwrap
from pathlib import Path

from workloads.embed import kernel
from workloads.embed.model import read_model
from workloads.research.agents import Backlog
from workloads.research.library import Library, entries_of, make_library

MODULE = textwrap.dedent(
    '''
    """A farm."""

    import abc

    class FarmError(Exception):
        """Something on the farm went wrong."""

    class FenceBroken(FarmError):
        """Raised when an animal has left its meadow. It names the fence."""

        def mend(self, nails, hammer=None):
            """Close the hole. Both ends are tied."""
            raise NotImplementedError("no wire")

    class Animal(abc.ABC):
        """A living thing that eats and sleeps."""

        def feed(self, food, grams=500, *, slowly=False):
            """Give it something to eat."""
            if grams < 0:
                raise ValueError(grams)
            return food

        @staticmethod
        def legs(kind):
            """Count what it walks on."""
            raise KeyError(kind)

    class Cow(Animal):
        """A large animal that gives milk twice a day."""

        def milk(self, bucket, hands=2, warm=True):
            """Fill a bucket with fresh milk."""
            raise FarmError("the bucket fell over")

        def feed(self, food):
            """Let it graze on the meadow."""
            return food

    class Hen(Animal):
        """A bird that lays eggs and scratches the ground."""

        def lay(self):
            """Put an egg into the nest."""

        @classmethod
        def hatch(cls, eggs, days=21, **care):
            """Make chicks out of eggs."""
            raise FenceBroken if days < 0 else FarmError

    class Tractor:
        """A strong vehicle with an engine that pulls a plough."""

        def plough(self, field, depth=20, gear="low"):
            """Turn the soil of a field over."""
            raise RuntimeError("stuck in the mud")

        def refuel(self, litres):
            """Fill the tank with diesel."""

    def harvest(field, machine, /, day=None, *helpers, bags=10, **weather):
        """Cut the ripe wheat and put the grain into bags. Straw stays on the field."""
        raise OSError("rain")

    def sell_eggs(eggs, price=30):
        """Bring eggs to the market and come home with money."""
        raise FarmError("nobody came")

    async def water_garden(beds, can="green"):
        """Carry water to dry vegetables in the evening."""
        if not beds:
            raise ValueError
        raise TypeError

    def forecast():
        """Say what the weather will be like tomorrow."""
    '''
)

COW = 'the class in farm described as "It has horns, and milk is had from it every morning."'
HEN = 'the class in farm described as "Poultry that has feathers and whose eggs are eaten."'
BROKEN = 'the class in farm described as "Error for a gap in the fence through which one ran away."'
TRACTOR = 'the class in farm described as "Motor vehicle with big wheels for work on fields."'
ANIMAL = f"the first base of {COW}"
HARVEST = 'the function in farm described as "Reap corn when it is ripe."'
SELL = 'the function in farm described as "Offer what hens lay to customers for cash."'
WATER = 'the function in farm described as "Pour something onto thirsty plants."'
FORECAST = 'the function in farm described as "Predict rain, sun and wind."'

ANSWERS = (  # forty, known by reading the module
    (f"What is the first base of {COW}?", "Animal"),
    (f"What is the first base of {HEN}?", "Animal"),
    (f"What is the first base of {BROKEN}?", "FarmError"),
    (f"What is the first base of {TRACTOR}?", "object"),
    (f"What is the first base of {ANIMAL}?", "ABC"),
    (f"What is the first base of the first base of {HEN}?", "ABC"),
    (f"What is the first base of the first base of {BROKEN}?", "Exception"),
    (f"How many parameters has {HARVEST}?", "6"),
    (f"How many parameters has {SELL}?", "2"),
    (f"How many parameters has {WATER}?", "2"),
    (f"How many parameters has {FORECAST}?", "0"),
    (f"How many parameters has the method milk of {COW}?", "3"),
    (f"How many parameters has the method feed of {COW}?", "1"),
    (f"How many parameters has the method feed of {HEN}?", "3"),
    (f"How many parameters has the method feed of {ANIMAL}?", "3"),
    (f"How many parameters has the method legs of {COW}?", "1"),
    (f"How many parameters has the method lay of {HEN}?", "0"),
    (f"How many parameters has the method hatch of {HEN}?", "3"),
    (f"How many parameters has the method mend of {BROKEN}?", "2"),
    (f"What is parameter 1 of {HARVEST}?", "field"),
    (f"What is parameter 4 of {HARVEST}?", "helpers"),
    (f"What is parameter 6 of {HARVEST}?", "weather"),
    (f"What is parameter 2 of the method plough of {TRACTOR}?", "depth"),
    (f"What is parameter 3 of the method feed of {ANIMAL}?", "slowly"),
    (f"What is parameter 1 of the method legs of {HEN}?", "kind"),
    (f"What is the default of the parameter price of {SELL}?", "30"),
    (f"What is the default of the parameter day of {HARVEST}?", "None"),
    (f"What is the default of the parameter bags of {HARVEST}?", "10"),
    (f"What is the default of the parameter can of {WATER}?", "'green'"),
    (f"What is the default of the parameter gear of the method plough of {TRACTOR}?", "'low'"),
    (f"What is the default of the parameter grams of the method feed of {ANIMAL}?", "500"),
    (f"What is the default of the parameter slowly of the method feed of {HEN}?", "False"),
    (f"Which exception does {HARVEST} raise?", "OSError"),
    (f"Which exception does {SELL} raise?", "FarmError"),
    (f"Which exception does the method mend of {BROKEN} raise?", "NotImplementedError"),
    (f"Which exception does the method legs of {ANIMAL} raise?", "KeyError"),
    (f"Which exception does the method feed of {HEN} raise?", "ValueError"),
    (f"How many more parameters has {HARVEST} than {SELL}?", "4"),
    (f"How many more parameters has {HARVEST} than the method lay of {HEN}?", "6"),
    (
        f"How many more parameters has the method feed of {ANIMAL} than the method feed of {COW}?",
        "2",
    ),
)
UNANSWERED = (
    f"Which exception does {WATER} raise?",  # two
    f"Which exception does {FORECAST} raise?",  # none
    f"What is parameter 3 of {SELL}?",
    f"What is the default of the parameter eggs of {SELL}?",
    f"How many parameters has the method swim of {COW}?",
    'How many parameters has the class in sea described as "A fish with fins"?',
    "How many parameters has it?",
)


def farm(folder: Path) -> Library:
    """Return the library that the module in a folder makes."""
    path = folder / "farm.py"
    path.write_text(MODULE, encoding="utf-8")
    return make_library(entries_of("farm", path))


def backlog(library: Library, questions: tuple[str, ...], again: int = 1) -> Backlog:
    """Return a backlog of questions about a library."""
    return Backlog(
        questions=kernel.make_corpus(list(questions)),
        library=library,
        model=read_model("", 48, "int8"),
        passages=2,
        again=again,
        batch=256,
    )
