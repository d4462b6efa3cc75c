//! How many requests one sender may make: a bucket for each webhook key and for
//! each address, in memory. A full bucket holds a minute's worth, so a burst of
//! that size passes at once.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Mutex, PoisonError};

/// Most senders that are remembered at a time; a full bucket is forgotten first.
const MAX_SENDERS: usize = 20_000;

/// The buckets of one kind of sender.
#[derive(Debug)]
pub struct Throttle<K> {
    per_minute: f64,
    buckets: Mutex<HashMap<K, Bucket>>,
}

#[derive(Debug, Clone, Copy)]
struct Bucket {
    left: f64,
    at: i64,
}

impl<K: Hash + Eq + Clone> Throttle<K> {
    /// Allows so many requests a minute; 0 allows any number.
    pub fn new(per_minute: u32) -> Self {
        Throttle { per_minute: f64::from(per_minute), buckets: Mutex::default() }
    }

    /// Takes one request out of a sender's bucket at a time in milliseconds.
    ///
    /// # Errors
    /// The whole seconds to wait, at least 1, when the bucket is empty.
    pub fn take(&self, sender: &K, now: i64) -> Result<(), u64> {
        if self.per_minute == 0.0 {
            return Ok(());
        }
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        if buckets.len() >= MAX_SENDERS && !buckets.contains_key(sender) {
            buckets
                .retain(|_, bucket| refilled(*bucket, now, self.per_minute).left < self.per_minute);
            if buckets.len() >= MAX_SENDERS {
                // More busy senders than can be told apart: better a free minute
                // for all of them than unbounded memory.
                buckets.clear();
            }
        }
        let full = Bucket { left: self.per_minute, at: now };
        let bucket = buckets.entry(sender.clone()).or_insert(full);
        *bucket = refilled(*bucket, now, self.per_minute);
        if bucket.left >= 1.0 {
            bucket.left -= 1.0;
            return Ok(());
        }
        let seconds = (1.0 - bucket.left) * 60.0 / self.per_minute;
        Err((1..60_u32).find(|wait| f64::from(*wait) >= seconds).map_or(60, u64::from))
    }
}

fn refilled(bucket: Bucket, now: i64, per_minute: f64) -> Bucket {
    let millis = u32::try_from((now - bucket.at).clamp(0, 60_000)).unwrap_or(60_000);
    let left = bucket.left + f64::from(millis) * per_minute / 60_000.0;
    Bucket { left: left.min(per_minute), at: now }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_minute_of_requests_passes_and_then_waits() {
        let throttle = Throttle::new(60);
        for _ in 0..60 {
            assert_eq!(throttle.take(&"a", 1_000), Ok(()));
        }
        assert_eq!(throttle.take(&"a", 1_000), Err(1));
        assert_eq!(throttle.take(&"b", 1_000), Ok(()));
        assert_eq!(throttle.take(&"a", 2_000), Ok(()));
        assert_eq!(throttle.take(&"a", 2_000), Err(1));
        let slow = Throttle::new(2);
        assert_eq!((slow.take(&"a", 0), slow.take(&"a", 0)), (Ok(()), Ok(())));
        assert_eq!(slow.take(&"a", 0), Err(30));
        assert_eq!(slow.take(&"a", -9_000_000), Err(30));
    }

    #[test]
    fn memory_is_bounded_and_zero_is_no_limit() {
        let throttle = Throttle::new(1);
        for sender in 0..3 * MAX_SENDERS {
            let _ = throttle.take(&sender, 0);
        }
        assert!(throttle.buckets.lock().unwrap().len() <= MAX_SENDERS);
        let free = Throttle::new(0);
        assert!((0..1_000).all(|_| free.take(&"a", 0).is_ok()));
    }
}
