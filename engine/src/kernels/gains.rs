//! What each element gains by taking parts in order, and the best point to stop at: eight elements at a time.
//!
//! The columns of a book's parts stand in one array, in tiles of eight elements: of each eight, part by part, what it gives (per
//! multiplier), its level and, where anything returns or adds up, what returns and what it weighs. So one pass over the array does.

use super::dispatch::wide;

/// A level beyond this is nobody's.
pub const UNPAID: f64 = 1e150;
/// Elements of a tile.
pub const TILE: usize = 8;
/// Stops on one line; more than a book has parts.
pub const LINE: f64 = 1024.0;
/// Stops at nothing.
pub const NOWHERE: f64 = -1.0;
/// Of a part without rivals.
pub const ALONE: usize = usize::MAX;

/// A column of one part in a tile.
type Tile = [f64; TILE];

/// What a book's array holds.
#[derive(Debug, Clone, Copy, Default)]
pub struct Shape {
    /// Parts.
    pub n: usize,
    /// Columns of a part: two, or four with what returns and what it weighs.
    pub columns: usize,
}

impl Shape {
    /// Length of what one tile takes.
    pub fn tile(self) -> usize {
        self.n * self.columns * TILE
    }
}

/// A part that may be taken.
#[derive(Debug, Clone, Copy, Default)]
pub struct Offer {
    /// Position in the book.
    pub at: usize,
    /// Multiplier.
    pub mu: f64,
    /// Place of the best of its rivals so far, [`ALONE`] without.
    pub rivals: usize,
}

/// A tile element by element; in this form the compiler keeps tiles in registers.
#[inline(always)]
fn each(of: impl Fn(usize) -> f64) -> Tile {
    std::array::from_fn(of)
}

/// What the elements of a tile gain by a part at this slope.
#[inline(always)]
fn gains(block: &[Tile], shape: Shape, offer: &Offer, slope: f64) -> Tile {
    let first = offer.at * shape.columns;
    let part = &block[first];
    if shape.columns == 2 {
        return each(|i| offer.mu * part[i]);
    }
    let (back, weight) = (&block[first + 2], &block[first + 3]);
    each(|i| offer.mu * part[i] + back[i] - slope * weight[i])
}

/// Where a part stands on a line that starts with `first`.
#[inline(always)]
fn stop_at(offer: &Offer, first: f64) -> f64 {
    first + f64::from(u32::try_from(offer.at).unwrap_or(u32::MAX))
}

wide! {
    /// Adds to `most` what each element gains at most: over lines (slope, start), `Σ gains − max(level, floor) − start·scale` of the parts that
    /// must be taken and, in order, of those of the others that gain, stopping after any of these. `stops`: line times [`LINE`] plus the
    /// part stopped at, [`NOWHERE`] for none. Of rivals the best counts; `tops` is room for that.
    pub fn add_best(
        book: (&[f64], Shape),
        offers: (&[Offer], &[Offer]),
        law: (&[(f64, f64)], &[f64]),
        tops: &mut [[f64; TILE]],
        results: (&mut [f64], &mut [f64]),
    ) {
        let ((array, shape), (forced, free), (lines, scale), (most, stops)) = (book, offers, law, results);
        let results = most.as_chunks_mut::<TILE>().0.iter_mut().zip(stops.as_chunks_mut::<TILE>().0);
        for ((block, scale), (most, stops)) in
            array.chunks_exact(shape.tile()).zip(scale.as_chunks::<TILE>().0).zip(results)
        {
            let block = block.as_chunks::<TILE>().0;
            let mut floor = [0.0; TILE];
            for offer in forced {
                let level = &block[offer.at * shape.columns + 1];
                floor = each(|i| if level[i] > floor[i] && level[i] < UNPAID { level[i] } else { floor[i] });
            }
            let mut best = [if forced.is_empty() { 0.0 } else { f64::NEG_INFINITY }; TILE];
            let mut stop = [NOWHERE; TILE];
            let mut first = 0.0;
            for (slope, start) in lines {
                let head = each(|i| start * scale[i]);
                let mut sum = [0.0; TILE];
                for offer in forced {
                    let gains = gains(block, shape, offer, *slope);
                    sum = each(|i| sum[i] + gains[i]);
                }
                if !forced.is_empty() {
                    let value = each(|i| sum[i] - floor[i] - head[i]);
                    best = each(|i| if value[i] > best[i] { value[i] } else { best[i] });
                }
                tops.fill([0.0; TILE]);
                for offer in free {
                    let level = &block[offer.at * shape.columns + 1];
                    let gains = gains(block, shape, offer, *slope);
                    let more = match tops.get_mut(offer.rivals) {
                        None => each(|i| if gains[i] > 0.0 { gains[i] } else { 0.0 }),
                        Some(top) => {
                            let above = each(|i| gains[i] - top[i]);
                            let more = each(|i| if above[i] > 0.0 { above[i] } else { 0.0 });
                            *top = each(|i| top[i] + more[i]);
                            more
                        }
                    };
                    sum = each(|i| sum[i] + more[i]);
                    let level = each(|i| if level[i] > floor[i] { level[i] } else { floor[i] });
                    let value = each(|i| sum[i] - level[i] - head[i]);
                    // The last one taken gains.
                    let value = each(|i| if gains[i] > 0.0 { value[i] } else { f64::NEG_INFINITY });
                    let place = stop_at(offer, first);
                    stop = each(|i| if value[i] > best[i] { place } else { stop[i] });
                    best = each(|i| if value[i] > best[i] { value[i] } else { best[i] });
                }
                first += LINE;
            }
            *most = each(|i| most[i] + best[i]);
            *stops = stop;
        }
    }
}

wide! {
    /// Adds up what the elements give to each part that they take where they stop, as far as they gain more than the least: in eight
    /// sums a part.
    pub fn taken(
        book: (&[f64], Shape),
        offers: (&[Offer], &[Offer]),
        lines: &[(f64, f64)],
        gained: (&[f64], &[f64]),
        stops: &[f64],
        sums: &mut [[f64; TILE]],
    ) {
        let ((array, shape), (forced, free), (most, least)) = (book, offers, gained);
        let results = most.as_chunks::<TILE>().0.iter().zip(least.as_chunks::<TILE>().0);
        for ((block, (most, least)), stops) in
            array.chunks_exact(shape.tile()).zip(results).zip(stops.as_chunks::<TILE>().0)
        {
            let block = block.as_chunks::<TILE>().0;
            let (most, least, stops) = (*most, *least, *stops);
            // Whoever does not join takes part in nothing.
            let stop = each(|i| if most[i] > least[i] { stops[i] } else { 2.0 * NOWHERE });
            for offer in forced {
                let part = &block[offer.at * shape.columns];
                let given = each(|i| if stop[i] >= NOWHERE { part[i] } else { 0.0 });
                let sums = &mut sums[offer.at];
                *sums = each(|i| sums[i] + given[i]);
            }
            let mut first = 0.0;
            for (slope, _) in lines {
                // On this line alone.
                let stop = each(|i| if stop[i] < first + LINE { stop[i] } else { NOWHERE });
                for offer in free {
                    let gains = gains(block, shape, offer, *slope);
                    let part = &block[offer.at * shape.columns];
                    let place = stop_at(offer, first);
                    let given = each(|i| if gains[i] > 0.0 { part[i] } else { 0.0 });
                    let given = each(|i| if stop[i] >= place { given[i] } else { 0.0 });
                    let sums = &mut sums[offer.at];
                    *sums = each(|i| sums[i] + given[i]);
                }
                first += LINE;
            }
        }
    }
}

wide! {
    /// Sum of what `most` exceeds `least` by, where it does; lengths are multiples of [`TILE`].
    pub fn excess(most: &[f64], least: &[f64]) -> f64 {
        let mut sums = [0.0; TILE];
        for (most, least) in most.as_chunks::<TILE>().0.iter().zip(least.as_chunks::<TILE>().0) {
            let more = each(|i| most[i] - least[i]);
            sums = each(|i| sums[i] + if more[i] > 0.0 { more[i] } else { 0.0 });
        }
        sums.iter().sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINES: [(f64, f64); 2] = [(0.5, 0.0), (0.1, 3.0)];

    /// Whole numbers that look like chance.
    fn number(seed: usize) -> f64 {
        f64::from(u32::try_from(((seed * 2_654_435_761) >> 7) & 31).unwrap())
    }

    /// A book of `n` parts over two tiles, with two or four columns a part.
    fn book(n: usize, columns: usize) -> (Vec<f64>, Shape) {
        let shape = Shape { n, columns };
        ((0..2 * shape.tile()).map(|at| number(at + 97 * n)).collect(), shape)
    }

    /// One element's columns: gain at a slope, level, part.
    fn element(book: &(Vec<f64>, Shape), offer: &Offer, at: usize, slope: f64) -> (f64, f64, f64) {
        let (array, shape) = book;
        let tile = &array[at / TILE * shape.tile()..];
        let column = |column: usize| tile[(offer.at * shape.columns + column) * TILE + at % TILE];
        let more = if shape.columns > 2 { column(2) - slope * column(3) } else { 0.0 };
        (offer.mu * column(0) + more, column(1), column(0))
    }

    /// What an element gains at most and where it stops, by plain loops.
    fn plain(book: &(Vec<f64>, Shape), offers: (&[Offer], &[Offer]), scale: f64, at: usize) -> (f64, f64) {
        let (forced, free) = offers;
        let floor = forced.iter().map(|offer| element(book, offer, at, 0.0).1).fold(0.0, f64::max);
        let (mut best, mut stop) = (if forced.is_empty() { 0.0 } else { f64::NEG_INFINITY }, NOWHERE);
        let mut first = 0.0;
        for (slope, start) in LINES {
            let mut sum: f64 = forced.iter().map(|offer| element(book, offer, at, slope).0).sum();
            if !forced.is_empty() {
                best = best.max(sum - floor - start * scale);
            }
            let mut top = 0.0;
            for offer in free {
                let (gain, level, _) = element(book, offer, at, slope);
                let more = if offer.rivals == ALONE { gain.max(0.0) } else { (gain - top).max(0.0) };
                top += if offer.rivals == ALONE { 0.0 } else { more };
                sum += more;
                let value = sum - level.max(floor) - start * scale;
                if gain > 0.0 && value > best {
                    (best, stop) = (value, first + number_of(offer.at));
                }
            }
            first += LINE;
        }
        (best, stop)
    }

    fn number_of(at: usize) -> f64 {
        f64::from(u32::try_from(at).unwrap())
    }

    #[test]
    fn tiles_come_to_what_plain_loops_come_to() {
        for columns in [2, 4] {
            for n in 1..9 {
                let book = book(n, columns);
                let offer = |at: usize| Offer {
                    at,
                    mu: number(at + n) / 4.0,
                    rivals: if at.is_multiple_of(3) { ALONE } else { 0 },
                };
                for n_forced in 0..n.min(3) {
                    let forced: Vec<Offer> = (0..n_forced).map(offer).collect();
                    let free: Vec<Offer> = (n_forced..n).map(offer).collect();
                    let scale: Vec<f64> = (0..2 * TILE).map(number).collect();
                    let (mut most, mut stops) = (vec![1.0; 2 * TILE], vec![0.0; 2 * TILE]);
                    let mut tops = [[0.0; TILE]];
                    let offers = (&forced[..], &free[..]);
                    add_best((&book.0, book.1), offers, (&LINES, &scale), &mut tops, (&mut most, &mut stops));
                    let least = [2.0; 2 * TILE];
                    let mut sums = vec![[0.0; TILE]; n];
                    taken((&book.0, book.1), offers, &LINES, (&most, &least), &stops, &mut sums);
                    let mut given = vec![0.0; n];
                    for at in 0..2 * TILE {
                        let (best, stop) = plain(&book, offers, scale[at], at);
                        assert!((most[at] - 1.0 - best).abs() < 1e-9, "{n} {at}: {} {best}", most[at]);
                        assert!((stops[at] - stop).abs() < 1e-9);
                        let joins = most[at] > 2.0;
                        for offer in &forced {
                            given[offer.at] += if joins { element(&book, offer, at, 0.0).2 } else { 0.0 };
                        }
                        let line = usize::from(stop >= LINE);
                        for offer in &free {
                            let (gain, _, part) = element(&book, offer, at, LINES[line].0);
                            let here = number_of(offer.at) <= stop - LINE * number_of(line);
                            given[offer.at] +=
                                if joins && gain > 0.0 && stop >= 0.0 && here { part } else { 0.0 };
                        }
                    }
                    for (sums, given) in sums.iter().zip(&given) {
                        assert!((sums.iter().sum::<f64>() - given).abs() < 1e-9);
                    }
                    let over: f64 = most.iter().map(|most| (most - 2.0).max(0.0)).sum();
                    assert!((excess(&most, &least) - over).abs() < 1e-9);
                }
            }
        }
    }

    #[test]
    fn who_takes_no_part_is_no_floor() {
        // Two parts with multiplier 1: the level of the first is nobody's.
        let mut array = vec![0.0; 4 * TILE];
        (array[0], array[TILE], array[2 * TILE], array[3 * TILE]) = (0.0, 1e200, 5.0, 2.0);
        let offer = |at| Offer { at, mu: 1.0, rivals: ALONE };
        let (mut most, mut stops) = ([0.0; TILE], [0.0; TILE]);
        let results = (&mut most[..], &mut stops[..]);
        let shape = Shape { n: 2, columns: 2 };
        let offers = (&[offer(0)][..], &[offer(1)][..]);
        add_best((&array, shape), offers, (&[(0.0, 0.0)], &[0.0; TILE]), &mut [], results);
        assert!((most[0] - 3.0).abs() < 1e-12 && (stops[0] - 1.0).abs() < 1e-12);
    }
}
