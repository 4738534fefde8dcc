//! How many different ones there were, in bounded memory.

use cardinality_estimator::CardinalityEstimator;
use foldhash::quality::FixedState;
use std::hash::{BuildHasher, DefaultHasher};

/// Exact up to 128, then a HyperLogLog of 1,024 registers: of its estimates the standard error is 3.25 % (1.04 by the root of the
/// registers; Flajolet, Fusy, Gandouet and Meunier, 2007).
type Registers = CardinalityEstimator<u128, DefaultHasher, 10, 6>;

/// Different values, and how many were taken in.
#[derive(Debug, Default)]
pub(crate) struct Values {
    registers: Registers,
    taken: u64,
}

impl Values {
    /// One more, which may be one of those before.
    pub(crate) fn add(&mut self, value: u128) {
        self.add_hash(hash(value));
    }

    /// The same, of its [`hash`].
    pub(crate) fn add_hash(&mut self, hash: u64) {
        self.registers.insert_hash(hash);
        self.taken = self.taken.saturating_add(1);
    }

    /// Those of others too.
    pub(crate) fn merge(&mut self, others: &Self) {
        self.registers.merge(&others.registers);
        self.taken = self.taken.saturating_add(others.taken);
    }

    /// How many different ones there were: never more than were taken in.
    pub(crate) fn len(&self) -> u64 {
        (self.registers.estimate() as u64).min(self.taken)
    }
}

/// The registers want all bits to look like chance, and ports and addresses that are counted up do not; the quick one leaves that to see.
pub(crate) fn hash(value: u128) -> u64 {
    FixedState::default().hash_one(value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::who::Who;

    const MANY: [u32; 8] = [150, 250, 400, 600, 1_000, 2_000, 10_000, 50_000];

    /// How far off the estimates of runs are, which begin at twenty places.
    fn errors(run: impl Fn(u32, u32) -> u128) -> Vec<f64> {
        let error = |(begin, many): (u32, u32)| {
            let mut values = Values::default();
            // Twice, so that there are more than enough of them.
            (0..2 * many).for_each(|n| values.add(run(begin, n % many)));
            values.len() as f64 / f64::from(many) - 1.0
        };
        (0..20).flat_map(|begin| MANY.map(|many| (begin, many))).map(error).collect()
    }

    /// The standard error, the mean, and none beyond four times the standard error.
    fn check(what: &str, errors: &[f64]) {
        let many = errors.len() as f64;
        let mean = errors.iter().sum::<f64>() / many;
        let deviation = (errors.iter().map(|error| error * error).sum::<f64>() / many).sqrt();
        let most = errors.iter().fold(0.0, |most: f64, error| most.max(error.abs()));
        assert!(mean.abs() < 0.01 && deviation < 0.04 && most < 0.13, "{what}: {mean:.3} {deviation:.3} {most:.3}");
    }

    #[test]
    fn runs_of_ports_and_of_addresses_are_counted_as_well_as_any() {
        let address = |address: std::net::IpAddr| Who::from(address).0;
        check("ports", &errors(|begin, n| u128::from(1_000 + 577 * begin + n)));
        check("every second port", &errors(|begin, n| u128::from(1_000 + 577 * begin + 2 * n)));
        check("addresses", &errors(|begin, n| address(std::net::Ipv4Addr::from_bits(((10 + begin) << 24) + n).into())));
        check(
            "every 256th",
            &errors(|begin, n| address(std::net::Ipv4Addr::from_bits((begin << 26) + (n << 8)).into())),
        );
        check(
            "IPv6",
            &errors(|begin, n| {
                address(
                    std::net::Ipv6Addr::from_bits((0x2001_0db8 << 96) + (u128::from(begin) << 64) + u128::from(n))
                        .into(),
                )
            }),
        );
        check(
            "hardware",
            &errors(|begin, n| Who::of_mac([2, 0, begin as u8, (n >> 16) as u8, (n >> 8) as u8, n as u8]).0),
        );
        check(
            "chance",
            &errors(|begin, n| u128::from(fastrand::Rng::with_seed((u64::from(begin) << 32) + u64::from(n)).u64(..))),
        );
    }

    #[test]
    fn there_are_never_more_than_were_taken_in() {
        let mut values = Values::default();
        for n in 0..20_000 {
            values.add(n);
            assert!(values.len() <= n as u64 + 1, "{} of {}", values.len(), n + 1);
        }
    }

    #[test]
    fn those_of_two_are_counted_once() {
        for many in [2, 100, 1_000] {
            let (mut one, mut other) = (Values::default(), Values::default());
            (0..many).for_each(|n| one.add(n));
            (0..2 * many).for_each(|n| other.add(n));
            one.merge(&other);
            let error = one.len() as f64 / (2 * many) as f64 - 1.0;
            assert!(error.abs() < 0.1 && (many > 64 || error == 0.0), "{many}: {}", one.len());
        }
    }
}
