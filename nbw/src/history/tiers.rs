//! How long what is remembered, and how finely.

use jiff::tz::TimeZone;

use super::{HistoryError, Kind};

/// Seconds of a day that no zone makes longer or shorter; the name of the tier of days in the database.
pub(super) const DAY: u32 = 86_400;
/// An hour, the longest part of a day that all zones' days can be made of (nearly: see docs/adr/0012-history.md).
const LONGEST: u32 = 3_600;

/// One tier: parts of time of one length, kept for some time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tier {
    /// Length of a part, in seconds.
    pub seconds: u32,
    /// For so many seconds.
    pub keep: u64,
}

/// All tiers, from fine to coarse; behind them are the days, for ever.
#[derive(Debug, Clone)]
pub struct Tiers {
    tiers: Vec<Tier>,
    zone: TimeZone,
    bounds: Bounds,
}

/// How many subjects of a kind are kept by name in any part of time; the rest is `other`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bounds {
    /// Of processes, and of remote hosts.
    pub many: usize,
    /// Of each other kind.
    pub few: usize,
}

impl Default for Bounds {
    fn default() -> Self {
        Self { many: 1_000, few: 4_096 }
    }
}

impl Bounds {
    /// The bound for a kind.
    pub fn of(self, kind: Kind) -> usize {
        match kind {
            Kind::Process | Kind::Remote => self.many,
            _ => self.few,
        }
    }
}

impl Default for Tiers {
    fn default() -> Self {
        let tier = |seconds, keep| Tier { seconds, keep };
        let (hour, day) = (3_600, u64::from(DAY));
        Self {
            tiers: vec![tier(10, 6 * hour), tier(60, 7 * day), tier(300, 60 * day), tier(3_600, 730 * day)],
            zone: TimeZone::system(),
            bounds: Bounds::default(),
        }
    }
}

impl Tiers {
    /// Tiers from fine to coarse.
    ///
    /// # Errors
    /// When parts of one tier are not made of whole parts of the finer one, or one is not kept for longer.
    pub fn new(tiers: Vec<Tier>) -> Result<Self, HistoryError> {
        let wrong = |what: String| Err(HistoryError::Tiers(format!("history: {what}")));
        let Some(first) = tiers.first() else { return wrong("at least one tier is needed, such as 1h for 2y".into()) };
        if first.seconds == 0 {
            return wrong("a tier's parts are of 1s at least".into());
        }
        if let Some(tier) = tiers.iter().find(|tier| tier.seconds > LONGEST || !LONGEST.is_multiple_of(tier.seconds)) {
            return wrong(format!("parts of {}s do not divide an hour; days are kept besides", tier.seconds));
        }
        if let Some(tier) = tiers.iter().find(|tier| tier.keep < u64::from(tier.seconds)) {
            return wrong(format!("parts of {}s are to be kept for {}s only", tier.seconds, tier.keep));
        }
        for pair in tiers.windows(2) {
            let [fine, coarse] = [pair[0], pair[1]];
            if coarse.seconds <= fine.seconds || !coarse.seconds.is_multiple_of(fine.seconds) {
                return wrong(format!("parts of {}s are not made of those of {}s", coarse.seconds, fine.seconds));
            }
            if coarse.keep < fine.keep {
                return wrong(format!("parts of {}s are to be gone before those of {}s", coarse.seconds, fine.seconds));
            }
        }
        Ok(Self { tiers, ..Self::default() })
    }

    /// With the days of this zone, instead of the system's.
    #[must_use]
    pub fn in_zone(self, zone: TimeZone) -> Self {
        Self { zone, ..self }
    }

    /// With these bounds.
    #[must_use]
    pub fn bounded(self, bounds: Bounds) -> Self {
        Self { bounds, ..self }
    }

    /// From fine to coarse, without the days.
    pub fn fixed(&self) -> &[Tier] {
        &self.tiers
    }

    /// Length of the finest parts, in seconds.
    pub fn finest(&self) -> u32 {
        self.tiers[0].seconds
    }

    /// Whose days.
    pub fn zone(&self) -> &TimeZone {
        &self.zone
    }

    /// How many subjects.
    pub fn bounds(&self) -> Bounds {
        self.bounds
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(tiers: &[(u32, u64)]) -> String {
        let tiers = tiers.iter().map(|&(seconds, keep)| Tier { seconds, keep }).collect();
        Tiers::new(tiers).unwrap_err().to_string()
    }

    #[test]
    fn parts_are_made_of_parts() {
        assert!(Tiers::new(Tiers::default().fixed().to_vec()).is_ok());
        for (tiers, word) in [
            (&[][..], "at least one"),
            (&[(0, 10)], "1s at least"),
            (&[(7, 100)], "divide an hour"),
            (&[(86_400, 864_000)], "days are kept besides"),
            (&[(10, 5)], "5s only"),
            (&[(20, 100), (50, 100)], "not made of"),
            (&[(20, 100), (20, 100)], "not made of"),
            (&[(10, 1_000), (60, 100)], "gone before"),
        ] {
            assert!(told(tiers).contains(word), "{tiers:?}: {}", told(tiers));
        }
    }
}
