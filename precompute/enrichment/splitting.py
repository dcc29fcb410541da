"""Random gene sets, and the far tail of their scores by multilevel splitting, compiled.

The probability of a high score is a product of larger ones: of random sets that reach one level,
the share that reaches the next. The best of the sets become the next level, are copied until they
are as many as before, and shuffled by swaps of single genes that stay above it (Korotkevich et
al. 2021, as in fgsea, which keeps half).
"""

from __future__ import annotations

import numpy as np

from precompute.enrichment.running_sum import compiled

N_SAMPLES = 120  # random sets in a level
# Of them go on to the next: scatters as half of 100 sets do, in four fifths of the time.
_KEPT = 0.35
_MOVES = 0.15  # swaps that a level takes, as a share of the genes of a set; .1 to 2 agree
_MOST_TRIES = 20  # most swaps tried, in genes of a set
_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_FIRST = np.uint64(0xBF58476D1CE4E5B9)
_SECOND = np.uint64(0x94D049BB133111EB)


@compiled
def draw_two(state, n, m):
    """Return random whole numbers below n and below m, by SplitMix64 (Steele et al. 2014).

    Parameters
    ----------
    n, m : below 2^32; a number is off by less than n / 2^32 from equally likely.
    state : (1,) uint64, updated.
    """
    state[0] += _GOLDEN
    z = state[0]
    z = (z ^ (z >> np.uint64(30))) * _FIRST
    z = (z ^ (z >> np.uint64(27))) * _SECOND
    z ^= z >> np.uint64(31)
    half = np.uint64(32)
    first = ((z >> half) * np.uint64(n)) >> half
    return np.int64(first), np.int64(((z & np.uint64(0xFFFFFFFF)) * np.uint64(m)) >> half)


@compiled
def draw_below(state, n):
    """Return a random whole number below n."""
    return draw_two(state, n, n)[0]


@compiled
def draw_sets(n_genes, draws, state):
    """Fill each row with different positions below `n_genes`, by Floyd's algorithm; unsorted."""
    n_draws, size = draws.shape
    taken = np.zeros(n_genes, np.bool_)
    for draw in range(n_draws):
        for i in range(size):
            last = n_genes - size + i
            place = draw_below(state, last + 1)
            place = last if taken[place] else place
            taken[place] = True
            draws[draw, i] = place
        for i in range(size):
            taken[draws[draw, i]] = False


@compiled
def reaches(weights, members, total, bound):
    """Return the place of the first gene after which the sum reaches `bound`, with the sum there.

    The weight up to a gene is `total` at most, so behind `bound` + misses / (n_genes - size) = 1
    nothing reaches it and the walk ends.

    Returns
    -------
    hit : its number in the set, -1 when the sum stays below.
    weight : weight of the set up to it.
    """
    per_miss = 1.0 / (weights.size - members.size)
    last = int((1.0 - bound) / per_miss) + 1
    slope, start = total * per_miss, total * bound
    weight = 0.0
    for hit in range(members.size):
        place = members[hit]
        misses = place - hit
        if misses > last:
            break
        weight += weights[place]
        if weight >= start + misses * slope:
            return hit, weight
    return -1, weight


@compiled
def find_place(members, place):
    """Return how many of the ascending `members` are below `place`; no branch to mispredict."""
    low, left = 0, members.size
    while left > 1:
        half = left // 2
        low += half * int(members[low + half - 1] < place)
        left -= half
    return low + int(members[low] < place)


@compiled
def replace_member(members, old, near, place):
    """Take the member number `old` out and put `place` in, above `near` members; return its number.

    Parameters
    ----------
    members : (size,) ascending, updated.
    near : how many members are below `place`, that which goes among them.
    """
    new = near
    if near > old:
        new = near - 1
        for i in range(old, new):
            members[i] = members[i + 1]
    else:
        for i in range(old, new, -1):
            members[i] = members[i - 1]
    members[new] = place
    return new


@compiled
def shuffle_above(weights, members, bound, n_tries, state):
    """Swap genes of one set for random others wherever its score stays at `bound` or above.

    Most swaps leave the gene at which the sum reached the bound last time, and are decided by
    what they change there; only the others need a walk along the set.

    Parameters
    ----------
    weights : (n_genes,) positive, down the ranking.
    members : (size,) ascending positions of a set that reaches `bound`, updated.

    Returns
    -------
    taken : swaps made.
    """
    n_genes, size = weights.size, members.size
    per_miss = 1.0 / (n_genes - size)
    total = 0.0
    for i in range(size):
        total += weights[members[i]]
    peak, misses, weight, taken = -1, 0, 0.0, 0
    for _ in range(n_tries):
        old, place = draw_two(state, size, n_genes)
        near = find_place(members, place)
        if near < size and members[near] == place:
            continue
        gone = members[old]
        total_then = total - weights[gone] + weights[place]
        misses_then, weight_then = misses, weight
        if gone < peak:
            misses_then += 1
            weight_then -= weights[gone]
        if place < peak:
            misses_then -= 1
            weight_then += weights[place]
        known = peak >= 0 and gone != peak
        if known and weight_then >= total_then * (bound + misses_then * per_miss):
            replace_member(members, old, near, place)
            total, misses, weight = total_then, misses_then, weight_then
            taken += 1
            continue
        new = replace_member(members, old, near, place)
        hit, found = reaches(weights, members, total_then, bound)
        if hit < 0:
            replace_member(members, new, old + int(near <= old), gone)
            continue
        peak, misses, weight, total = members[hit], members[hit] - hit, found, total_then
        taken += 1
    return taken


@compiled
def score_one(weights, members):
    """Return the highest and the lowest value of the running sum of one set."""
    per_miss = 1.0 / (weights.size - members.size)
    total, run, top, low = 0.0, 0.0, -np.inf, np.inf
    for i in range(members.size):
        total += weights[members[i]]
    slope = total * per_miss
    for hit in range(members.size):
        fall = float(members[hit] - hit) * slope
        low = min(low, run - fall)
        run += weights[members[hit]]
        top = max(top, run - fall)
    return top / total, low / total


@compiled
def score_top(weights, members):
    """Return the highest value of the running sum of one set, and whether it rises further.

    Behind a fall of what the weight of the whole set is above the best so far there is no better.
    Rises and falls are 1 in all, so a sum that comes above 1/2 stays above -1/2: of most sets far
    out the lowest value need not be known.
    """
    per_miss = 1.0 / (weights.size - members.size)
    total, run, top = 0.0, 0.0, -np.inf
    for i in range(members.size):
        total += weights[members[i]]
    slope = total * per_miss
    for hit in range(members.size):
        fall = float(members[hit] - hit) * slope
        if fall > total - top:
            break
        run += weights[members[hit]]
        top = max(top, run - fall)
    if top > 0.5 * total:
        return top / total, True
    top, low = score_one(weights, members)
    return top, top > -low


@compiled
def score_many(weights, members, tops, lows):
    """Write what `score_one` returns for each row of `members`."""
    for i in range(len(members)):
        tops[i], lows[i] = score_one(weights, members[i])


@compiled
def mean_log_share(n_above, n):
    """Return the mean of log X for the share X of the values above the `n_above`-th of n.

    X ~ Beta(n_above, n - n_above + 1), so digamma(n_above) - digamma(n + 1).
    """
    found = 0.0
    for i in range(n_above, n + 1):
        found -= 1.0 / i
    return found


@compiled
def next_bound(ordered, bound):
    """Return the score that `_KEPT` of all reach; the first above `bound` where that is no higher.

    Parameters
    ----------
    ordered : (n_samples,) ascending.
    """
    n = ordered.size
    for i in range(int(n * (1 - _KEPT)), n):
        if ordered[i] > bound:
            return ordered[i]
    return np.inf


@compiled
def climb(weights, members, tops, target, floor, state, bounds, logs, samples):
    """Follow random sets up to the score `target`.

    Parameters
    ----------
    weights : (n_genes,) positive, down the ranking.
    members : (n_samples, size) ascending; the best of many random sets, overwritten.
    tops : (n_samples,) the highest value of their running sums.
    target : the highest score whose probability is asked for.
    floor : log probability below which nobody asks.
    state : (1,) uint64, of the random numbers.
    bounds, logs : (most_levels,), written: score of each level, log probability to reach it;
        the first of each is given.
    samples : (most_levels, n_samples), written: scores of the random sets of each level, -inf
        where the running sum falls further than it rises. The first is given.

    Returns
    -------
    n_levels : how many are written.
    """
    n_samples, size = members.shape
    before = np.empty_like(members)
    accepted, level = 0.5, 0
    while level + 1 < bounds.size:
        bound = next_bound(np.sort(tops), bounds[level])
        if bound > target or logs[level] < floor:
            break
        n_above = 0
        for i in range(n_samples):
            if tops[i] >= bound:
                before[n_above] = members[i]
                n_above += 1
        for i in range(n_samples):
            members[i] = before[i if i < n_above else draw_below(state, n_above)]
        n_tries = int(min(_MOVES * size / max(accepted, 1e-3), _MOST_TRIES * size)) + 1
        taken = 0
        for i in range(n_samples):
            taken += shuffle_above(weights, members[i], bound, n_tries, state)
        accepted = taken / (n_samples * n_tries)
        level += 1
        bounds[level] = bound
        logs[level] = logs[level - 1] + mean_log_share(n_above, n_samples)
        for i in range(n_samples):
            top, rises = score_top(weights, members[i])
            tops[i] = max(top, bound)
            samples[level, i] = tops[i] if rises else -np.inf
    return level + 1
