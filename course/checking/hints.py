"""What wrong answers are called by the visible checks and the hidden tests alike.

Students receive these words: they point at a mistake and hold no formula of an answer. What only the hidden
tests know is called in `mlp_ref.mistakes`.
"""

from __future__ import annotations

SIGN = "the sign is reversed"
TRANSPOSED = "the result is transposed"
UNTRANSPOSED = "W is not transposed; where it is square, the shapes do not tell"
BROADCAST = "a (N,) array met an (N, 1) array and broadcast to (N, N) before the sum"
BROADCAST_MEAN = "a (N,) array met an (N, 1) array and broadcast to (N, N) before the mean"
UPHILL = "the step goes uphill"
STEPS_UPHILL = "the steps go uphill"
STEPS_OF_UPHILL = "the steps of {} go uphill"
DID_NOT_MOVE = "{} did not move"
STOPS_EARLY = "the training stops before all steps are done: do them all, however the loss moves"
STARTS_ANEW = (
    "the losses after the first are all that of the first step: each step has to start from the weights that "
    "the last one made"
)
FORWARD_ONCE = (
    "the losses before the last are all that of the first point: each step needs a forward pass of its own, "
    "with the weights that the step before made"
)
LAST_LOSS_STALE = (
    "the last loss is that of before the last step: it needs a forward pass of its own, with the last weights"
)
LAST_LOSS_UNFILLED = "the loss after the last step was never stored: its place is as it was made"

SLOPE_MISSING = "the slope of σ is missing"
SLOPE_TWICE = "the slope of σ appears twice"
SIGMA_ALONE = "σ stands alone where its slope has two factors"
REST_ALONE = "1 − σ stands alone where the slope of σ has two factors"

BIAS_IN_FRONT = "the bias unit is the first column of Z, and has to be the last"
FIRST_DROPPED = "the first unit was dropped, but the bias unit is the last"
NO_SLOPE_OUT = "the slope of the output unit, (3a), is missing"
SLOPE_OUT_TWICE = "the slope of the output unit, (3a), appears twice"
SLOPE_OUT_AT_Y_HAT = "the slope of the output unit is taken at ŷ, not at O: σ was applied once too often"
NO_WEIGHTS = "the weights on the way from the hidden units, (7), are missing"
NO_SLOPE_HIDDEN = "the slope of the hidden units, (8), is missing"
SLOPE_HIDDEN_TWICE = "the slope of the hidden units, (8), appears twice"
SLOPE_HIDDEN_AT_Z = "the slope of the hidden units is taken at Z, not at H: σ was applied once too often"
ORDINALS = ("first", "second", "third", "fourth", "fifth")
"""the factors of a chain"""
FACTOR_MISSING = "the {} factor is missing"

ALL_ONES = "it is the loss for labels that are all 1: look at the term with 1 − y"
SIGN_WHERE_ONE = "where y is 1 the sign is wrong: the minus of the loss belongs to the term with y too"
SIGN_WHERE_ZERO = "where y is 0 the sign is wrong: 1 − f falls where f rises"
NO_DENOMINATOR = "the denominator f(1 − f) is missing"
UNCANCELLED = "a factor f(1 − f) is left: it cancels"
ZERO_BY_ZERO = "0/0 where f is 0 or 1 to the last bit"
SLOPE_AT_H = "the slope of σ is taken at h, not at z: σ was applied once too often"
NO_W_3 = "the weights W_3 are missing"
SUMMED = "a sum was taken over the index of the hidden unit, which stays free"
SUMMED_AND_SPREAD = f"{SUMMED}, and spread over it again"
BUILT_FROM_H_L = "∂L/∂W_l was built from h_l, what the layer returns, not from what it receives"
BIASES_NOT_SUMMED = "∂L/∂b_l is not summed over the examples"

SIGMA_FOR_TANH = "Z(1 − Z) is the slope of σ, and these units are tanh"
NOT_SQUARED = "a square is missing in the slope of the hidden units"
SLOPE_OF_TANH_AT_Z = "the slope of the hidden units is taken at Z: tanh was applied once too often"
NO_SLOPE_OF_RELU = (
    "the slope of the units is missing, or 1 at h = 0 too, as ≥ for > makes it: units that are off pass "
    "nothing back"
)
NEVER_ON = "no unit passes δ back: a unit that is on has h > 0, and no h is below 0"
SIGMA_FOR_RELU = "h(1 − h) is the slope of σ, and these units are ReLU"
H_FOR_ITS_SLOPE = "h stands where its slope should"
ON_AND_OFF_SWAPPED = "units that are off pass δ on, and those that are on do not"

OVERFLOW = "exp overflows for large z, and is 0 far below"
ONE_SHIFT = "rows far below the others became 0/0: each row has a largest z of its own"
NO_TERM_OF_THE_LABEL = "the term with the z of the label is missing"
EVERY_CLASS_COUNTED = "every class was counted as the label"
P_UNCANCELLED = "a factor p(1 − p) is left: it cancels"
LABEL_ALONE = "only the entry of the label is there: the loss depends on every z of the row"
LABELS_ENTRY_MISSING = "the entry of the label is missing"
NO_LABEL = "the label is missing"

NO_PENALTY = "the penalty is missing"
PENALTY_TWICE = "the penalty's part is twice the expected one"
PENALTY_HALF = "the penalty's part is half the expected one"
PENALTY_SIGN = "the penalty's part has the wrong sign"
PENALTY_ITSELF = "this adds the penalty of each weight itself, not its derivative"
PENALTY_ALONE = "the penalty's part stands alone"

OLD_VELOCITY = "the step follows the old velocity"
NO_OLD_VELOCITY = "the old velocity is missing"

CURVED = (
    "it is wrong only where the curvature changes from place to place: is the difference of gradients taken "
    "around theta, over a small step, to both sides?"
)
STARTS_AT_THETA = (
    "it is wrong only where theta is 0: is v, or the small step ε, made of theta? v starts from random "
    "numbers or all ones"
)
