"""Fifteen beliefs that sound right and are not: one list for predictions, checks and the guide.

The list serves four times: as a question before a figure (`predict`), as the tag of a message
(`check_*`), as a row of the teacher's guide, and as an entry of the glossary.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Misconception:
    """A belief, and the question that puts it to the test.

    Attributes
    ----------
    id : str, "M1" to "M15"
    belief : str, what is believed
    question : str, to be answered before a figure is looked at
    choices : tuple of str
    right : str, the one of `choices` that holds
    answer : str, what holds instead and why
    where : str, notebook and section
    """

    id: str
    belief: str
    question: str
    choices: tuple[str, ...]
    right: str
    answer: str
    where: str


MISCONCEPTIONS = (
    Misconception(
        "M1",
        "A pixel is a corner when more than half of its ring is lighter, wherever.",
        "Nine of the 16 ring pixels are clearly lighter, but no more than five of them in a row. "
        "Is this pixel a FAST corner?",
        ("yes, nine are enough", "no", "only if the other seven are darker"),
        "no",
        "No. The nine have to be neighbours on the ring. Nine that lie anywhere say texture or "
        "noise; nine in a row say that a light or dark wedge meets the centre.",
        "notebook 02, Nine in a row, not nine anywhere",
    ),
    Misconception(
        "M2",
        "FAST asks for 12 in a row, and a look at four pixels decides.",
        "Ten ring pixels in a row are clearly lighter. What does OpenCV's default say?",
        ("corner", "no corner: it needs 12", "that depends on the four pixels at the ends"),
        "corner",
        "Corner. The default is 9 of 16. Twelve was an early choice, made so that four pixels "
        "could rule most places out quickly; that is a short cut, not the definition.",
        "notebook 02, Nine is a choice, and OpenCV made it",
    ),
    Misconception(
        "M3",
        "The FAST score is a sum of differences.",
        "Nine in a row are lighter than the centre: one by 30, eight by 200. The others are equal "
        "to it. What is the score?",
        ("29", "200", "1630"),
        "29",
        "29, the largest threshold at which the pixel is still a corner. The weakest of the nine "
        "decides; how strong the other eight are does not matter.",
        "notebook 02, The score is a threshold too",
    ),
    Misconception(
        "M4",
        "ORB finds its corners with Harris.",
        "You change ORB's score type from Harris to FAST. Can a point appear that the FAST test "
        "did not pass?",
        ("yes, other corners are found", "no, they are only ranked anew", "only at low contrast"),
        "no, they are only ranked anew",
        "No. FAST proposes every point. The score only ranks what was proposed, and so decides "
        "which of them are kept.",
        "notebook 02, Harris ranks, it finds nothing",
    ),
    Misconception(
        "M5",
        "A descriptor is 32 numbers, so any distance will do.",
        "Two descriptors differ in one byte: 127 in the first, 128 in the second. In how many of "
        "their bits do they differ?",
        ("1", "8", "255"),
        "8",
        "In 8. 127 is 01111111 and 128 is 10000000: neighbours as numbers, opposites as answers "
        "to eight questions. A descriptor is 256 bits in a row.",
        "notebook 03, 32 bytes are 256 bits, not 32 numbers",
    ),
    Misconception(
        "M6",
        "BRIEF does not mind rotation; or: ORB rotates the patch.",
        "A photo is turned by 90 degrees. What does ORB do so that the descriptors stay alike?",
        (
            "nothing: BRIEF does not mind rotation",
            "it turns the picture of each patch upright",
            "it turns the pairs of points by the patch's angle",
        ),
        "it turns the pairs of points by the patch's angle",
        "It turns the pairs. The patch's centre of mass gives an angle that turns with the photo, "
        "and the questions are asked at the turned places. Without it about half the bits change.",
        "notebook 03, Steering turns the questions, not the picture",
    ),
    Misconception(
        "M7",
        "Invariant to rotation means invariant to everything.",
        "Which of these changes leaves nearly all of ORB's bits as they are?",
        ("40 grey levels brighter", "the mirror image", "the negative"),
        "40 grey levels brighter",
        "More light alone. A bit asks which of two points is darker, and both grow lighter alike. "
        "The negative turns every answer round, and in a mirror the points lie elsewhere.",
        "notebook 03, What ORB survives, and what not",
    ),
    Misconception(
        "M8",
        "nfeatures is what you get, and the first ones are the best.",
        "You ask ORB for 20 keypoints. What do you get?",
        (
            "exactly 20, the strongest first",
            "at most 20, the strongest first",
            "more, fewer or 20, in the order of the pyramid's levels",
        ),
        "more, fewer or 20, in the order of the pyramid's levels",
        "More, fewer or 20. Ties at the last place are all kept, and a plain photo has fewer "
        "corners. They come level by level, so the first need not be the strongest.",
        "notebook 03, nfeatures is neither a maximum nor a promise",
    ),
    Misconception(
        "M9",
        "A Hamming distance of 100 of 256 means 60 % alike.",
        "Two patches have nothing to do with each other. What distance do you expect?",
        ("about 256", "about 128", "about 30"),
        "about 128",
        "About 128: two coins agree half of the time. So 0 % alike begins at 128, not at 256, and "
        "a distance says something only beside that of a stranger.",
        "notebook 03, Strangers are 128 bits apart, but not always",
    ),
    Misconception(
        "M10",
        "Writing the descriptors one after the other compares like with like.",
        "A photo is shifted by one pixel, and its descriptors are written one after the other "
        "again. To what is the new vector nearer?",
        (
            "clearly to the same photo",
            "it is about as far away as a stranger",
            "clearly to a stranger",
        ),
        "it is about as far away as a stranger",
        "It is about as far as a stranger. The same descriptors are there, but at other places in "
        "the list, and the vector compares the first with the first, the second with the second.",
        "notebook 05, One pixel makes a stranger",
    ),
    Misconception(
        "M11",
        "The number of a cluster means something.",
        "Groups 0 and 1 swap their numbers; no photo moves. What changes?",
        ("the grouping is worse", "nothing but the names", "the centres move"),
        "nothing but the names",
        "Nothing. A label is a name. Scores that compare numbers, such as plain accuracy, fall all "
        "the same; those that compare who is with whom do not.",
        "notebook 06, Labels are names",
    ),
    Misconception(
        "M12",
        "K-means finds the groups, and converged means best.",
        "Two runs of K-means start at other points, and both converge. Have they the same inertia?",
        ("yes: both are the minimum", "not always", "never"),
        "not always",
        "Not always. Converged means that neither move helps any more from here. From another "
        "start there may be a better end, and a group may even run empty on the way.",
        "notebook 06, Converged does not mean best",
    ),
    Misconception(
        "M13",
        "Inertia is a mean, and lower is better.",
        "There are as many groups as photos. What is the inertia, and is that the best grouping?",
        ("0, and so the best", "0, and it says nothing", "1 per photo"),
        "0, and it says nothing",
        "0, and it says nothing: every photo is its own centre. Inertia is a sum that falls with "
        "every group added, so its lowest value only says that k is large.",
        "notebook 06, Inertia is a sum, and 0 where it says least",
    ),
    Misconception(
        "M14",
        "The elbow is a property of the data.",
        "Points are strewn evenly, so there are no groups. In how many of such clouds does the "
        "elbow method still name a k?",
        ("in none or few", "in about half", "in nearly all"),
        "in nearly all",
        "In nearly all. Any curve that falls and flattens bends somewhere, and where it bends most "
        "depends on the first and the last k that were tried.",
        "notebook 07, Noise has elbows too",
    ),
    Misconception(
        "M15",
        "The two-dimensional picture shows the distances that K-means used.",
        "In the flat picture a photo lies nearer to another group's centre than to its own. Did "
        "K-means make a mistake?",
        ("yes", "no", "only if it did not converge"),
        "no",
        "No. K-means measured in all dimensions. The picture shows two of them, and what lies "
        "apart in the others may lie on top of each other here.",
        "notebook 06, The picture is not what K-means saw",
    ),
)
"""M1 to M15, in the order of the course."""


def find_misconception(id: str) -> Misconception:
    """Return the misconception of an id.

    Raises
    ------
    ValueError
        There is none of this id.

    Examples
    --------
    >>> find_misconception("M3").right
    '29'
    """
    for misconception in MISCONCEPTIONS:
        if misconception.id == id:
            return misconception
    raise ValueError(f"id={id!r}: expected M1 to M{len(MISCONCEPTIONS)}.")
