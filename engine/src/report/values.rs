//! Values of a column between the blocks of a run and the pages of a file.

use parquet::data_type::ByteArray;
use parquet::file::statistics::Statistics;
use std::collections::BTreeMap;

/// Values of one column, of the one kind that it stores; emptied page by page, its memory kept.
#[derive(Debug, Default)]
pub(super) struct Values {
    /// f64, as PLAIN has them.
    pub(super) numbers: Vec<[u8; 8]>,
    /// i64.
    pub(super) integers: Vec<i64>,
    /// i32.
    pub(super) counts: Vec<i32>,
    /// True or false.
    pub(super) flags: Vec<bool>,
    /// Positions in `names`.
    pub(super) positions: Vec<u32>,
    /// The dictionary.
    pub(super) names: Vec<String>,
    /// Positions of names met in no order.
    position_of: BTreeMap<String, u32>,
}

impl Values {
    /// Adds numbers.
    pub(super) fn numbers(&mut self, numbers: &[f64]) {
        self.numbers.extend(numbers.iter().map(|number| number.to_le_bytes()));
    }

    /// Adds a text, and its name if it is a new one.
    pub(super) fn text(&mut self, text: &str) {
        let known = self.position_of.get(text).copied();
        self.positions.push(known.unwrap_or_else(|| {
            let position = u32::try_from(self.names.len()).unwrap_or(u32::MAX);
            self.names.push(text.to_owned());
            self.position_of.insert(text.to_owned(), position);
            position
        }));
    }

    /// Forgets everything.
    pub(super) fn clear(&mut self) {
        self.numbers.clear();
        self.integers.clear();
        self.counts.clear();
        self.flags.clear();
        self.positions.clear();
        self.names.clear();
        self.position_of.clear();
    }

    /// Least and largest of them.
    pub(super) fn range(&self) -> Range {
        let numbers = range_of_numbers(&self.numbers).map(|[least, most]| Range::Numbers(least, most));
        let integers = range_of(&self.integers).map(|(least, most)| Range::Integers(least, most));
        let counts = range_of(&self.counts).map(|(least, most)| Range::Counts(least, most));
        let flags = range_of(&self.flags).map(|(least, most)| Range::Flags(least, most));
        numbers.or(integers).or(counts).or(flags).or_else(|| self.range_of_names()).unwrap_or_default()
    }

    /// Of the names that some row has.
    fn range_of_names(&self) -> Option<Range> {
        let mut is_used = vec![false; self.names.len()];
        self.positions.iter().for_each(|position| is_used[*position as usize] = true);
        let used =
            || self.names.iter().zip(&is_used).filter(|(_, used)| **used).map(|(name, _)| name.clone());
        Some(Range::Texts(used().min()?, used().max()?))
    }
}

/// Least and largest value; NaN is no value.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) enum Range {
    /// There is none.
    #[default]
    Empty,
    Numbers(f64, f64),
    Integers(i64, i64),
    Counts(i32, i32),
    Flags(bool, bool),
    Texts(String, String),
}

impl Range {
    /// That of the values of both, which are of one kind.
    pub(super) fn and(self, other: &Self) -> Self {
        match (self, other.clone()) {
            (Self::Numbers(a, b), Self::Numbers(c, d)) => Self::Numbers(a.min(c), b.max(d)),
            (Self::Integers(a, b), Self::Integers(c, d)) => Self::Integers(a.min(c), b.max(d)),
            (Self::Counts(a, b), Self::Counts(c, d)) => Self::Counts(a.min(c), b.max(d)),
            (Self::Flags(a, b), Self::Flags(c, d)) => Self::Flags(a.min(c), b.max(d)),
            (Self::Texts(a, b), Self::Texts(c, d)) => Self::Texts(a.min(c), b.max(d)),
            (range, Self::Empty) => range,
            (_, range) => range,
        }
    }

    /// As the footer has it; `None` where no value is one.
    pub(super) fn statistics(self) -> Option<Statistics> {
        let text = |text: String| Some(ByteArray::from(text.into_bytes()));
        let none_is_null = Some(0);
        Some(match self {
            Self::Empty => return None,
            // Readers must find either zero within.
            Self::Numbers(a, b) => {
                let (a, b) = (if a == 0.0 { -0.0 } else { a }, if b == 0.0 { 0.0 } else { b });
                Statistics::double(Some(a), Some(b), None, none_is_null, false)
            }
            Self::Integers(a, b) => Statistics::int64(Some(a), Some(b), None, none_is_null, false),
            Self::Counts(a, b) => Statistics::int32(Some(a), Some(b), None, none_is_null, false),
            Self::Flags(a, b) => Statistics::boolean(Some(a), Some(b), None, none_is_null, false),
            Self::Texts(a, b) => Statistics::byte_array(text(a), text(b), None, none_is_null, false),
        })
    }
}

fn range_of<T: Copy + Ord>(values: &[T]) -> Option<(T, T)> {
    let first = *values.first()?;
    Some(values.iter().fold((first, first), |(least, most), value| (least.min(*value), most.max(*value))))
}

/// Eight at a time.
fn range_of_numbers(values: &[[u8; 8]]) -> Option<[f64; 2]> {
    let lesser = |a: f64, b: f64| if b < a { b } else { a };
    let larger = |a: f64, b: f64| if b > a { b } else { a };
    let (mut least, mut most) = ([f64::INFINITY; 8], [f64::NEG_INFINITY; 8]);
    let (eights, rest) = values.as_chunks::<8>();
    for eight in eights {
        for ((value, least), most) in eight.iter().zip(&mut least).zip(&mut most) {
            let value = f64::from_le_bytes(*value);
            *least = lesser(*least, value);
            *most = larger(*most, value);
        }
    }
    let rest = || rest.iter().map(|value| f64::from_le_bytes(*value));
    let least = least.into_iter().chain(rest()).fold(f64::INFINITY, lesser);
    let most = most.into_iter().chain(rest()).fold(f64::NEG_INFINITY, larger);
    (least <= most).then_some([least, most])
}
