//! The sum against a naive one, over bases and points that nobody would think of.

use super::total;
use proptest::prelude::*;

proptest! {
    #[test]
    fn the_score_is_the_clamped_sum(base in 0_u8..=100, points in prop::collection::vec(-100_i64..=100, 0..100)) {
        let mut sum = i64::from(base);
        for one in &points {
            sum += one;
        }
        let naive = match sum {
            i64::MIN..0 => 0,
            0..=100 => sum,
            _ => 100,
        };
        prop_assert_eq!(i64::from(total(base, points.iter().copied())), naive);
        // The order of rules does not matter.
        prop_assert_eq!(total(base, points.iter().rev().copied()), total(base, points.into_iter()));
    }
}
