//! The 95th percentile as carriers bill by it.
//!
//! Samples of five minutes are sorted, the highest five of a hundred are discarded, and the highest that is left counts: the
//! nearest-rank method (rank `ceil(0.95 n)` of the samples in ascending order; numpy calls it `inverted_cdf`). See
//! <https://en.wikipedia.org/wiki/Burstable_billing> and R. Hyndman, Y. Fan: Sample Quantiles in Statistical Packages
//! (1996), definition 1.

/// One of this many samples is discarded.
const DISCARDED: usize = 20;

/// The percentile of `samples` samples, of which those in `values` are not zero. It changes the order of `values`.
pub fn p95(values: &mut [u64], samples: usize) -> u64 {
    let discarded = samples.max(values.len()) / DISCARDED;
    if discarded >= values.len() {
        return 0;
    }
    let (_, value, _) = values.select_nth_unstable_by(discarded, |one, other| other.cmp(one));
    *value
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// `numpy.percentile(samples, 95, method="inverted_cdf")`, numpy 2.4.6.
    #[test]
    fn it_is_the_nearest_rank() {
        let upwards = |n: u32| (1..=n).map(u64::from).collect::<Vec<_>>();
        for (n, expected) in [(1, 1), (19, 19), (20, 19), (21, 20), (40, 38), (100, 95), (8_640, 8_208)] {
            assert_eq!(p95(&mut upwards(n), n as usize), expected, "{n}");
        }
        let mut mixed: Vec<u64> = (0..1_000).map(|i| i * 7_919 % 1_009).collect();
        assert_eq!(p95(&mut mixed, 1_000), 958);
        assert_eq!(p95(&mut [], 0), 0);
    }

    #[test]
    fn samples_without_traffic_count() {
        assert_eq!(p95(&mut [5; 5], 100), 0);
        assert_eq!(p95(&mut [5, 7, 9, 5, 5, 6], 100), 5);
    }

    proptest! {
        #[test]
        fn at_most_one_in_twenty_is_above(mut values in prop::collection::vec(1_u64..1_000, 1..300), zeros in 0..300_usize) {
            let samples = values.len() + zeros;
            let found = p95(&mut values, samples);
            let above = values.iter().filter(|value| **value > found).count();
            let at_least = values.iter().filter(|value| **value >= found).count() + if found == 0 { zeros } else { 0 };
            prop_assert!(above * 20 <= samples && at_least * 20 > samples);
        }
    }
}
