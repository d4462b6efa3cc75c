//! Which leads a file holds already: a bit for each that there was when it began.

/// A set of the numbers from 1 to the newest.
pub(super) struct Seen {
    bits: Vec<u64>,
    newest: i64,
}

impl Seen {
    pub(super) fn up_to(newest: i64) -> Self {
        let words = usize::try_from(newest / 64 + 1).unwrap_or_default();
        Self { bits: vec![0; words], newest }
    }

    /// Adds a number; false when it is there already, or came later.
    pub(super) fn insert(&mut self, seq: i64) -> bool {
        let place = usize::try_from(seq).ok().filter(|_| seq <= self.newest);
        let Some(place) = place else { return false };
        let Some(word) = self.bits.get_mut(place / 64) else { return false };
        let bit = 1 << (place % 64);
        let is_new = *word & bit == 0;
        *word |= bit;
        is_new
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_number_is_new_once_and_what_came_later_never() {
        let mut seen = Seen::up_to(64);
        let news = [1, 63, 64, 64, 65, 1, -1, i64::MAX].map(|seq| seen.insert(seq));
        assert_eq!(news, [true, true, true, false, false, false, false, false]);
    }
}
