//! Every rule for writing numbers down: which prefix, how many digits, how wide.
//!
//! Prefixes are SI (powers of 1000), for bits and bytes alike, as link speeds and the rules' values are.
//! Numbers below ten have two decimals, greater ones have one, and those without a prefix are whole
//! (one decimal below ten, where it says something).

use clap::ValueEnum;
use unit_prefix::NumberPrefix;

/// Columns that [`Units::rate_padded`] takes with [`Units::Bits`], the wider of the two.
pub const RATE_WIDTH: usize = "999.9 Mbit/s".len();
/// Columns that [`volume_padded`] takes.
pub const VOLUME_WIDTH: usize = "999.9 GB".len();
/// Columns that [`packet_rate_padded`] takes.
pub const PACKET_RATE_WIDTH: usize = "999.9 kpps".len();

/// Greater numbers are cut to this, the greatest that the greatest prefix can show.
const GREATEST: f64 = 999.9e24;

/// What rates are counted in. Volumes are always bytes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum Units {
    /// Bits a second, as links are sold.
    #[default]
    Bits,
    /// Bytes a second.
    Bytes,
}

impl Units {
    /// A rate given in bytes a second, for example `312.4 Mbit/s` or `39.1 MB/s`.
    pub fn rate(self, bytes_per_second: f64) -> String {
        match self {
            Self::Bits => with_unit(bytes_per_second * 8.0, "bit/s"),
            Self::Bytes => with_unit(bytes_per_second, "B/s"),
        }
    }

    /// [`Self::rate`], right-aligned in [`Self::rate_width`] columns.
    pub fn rate_padded(self, bytes_per_second: f64) -> String {
        format!("{:>width$}", self.rate(bytes_per_second), width = self.rate_width())
    }

    /// Columns that the widest rate takes.
    pub const fn rate_width(self) -> usize {
        match self {
            Self::Bits => RATE_WIDTH,
            Self::Bytes => "999.9 MB/s".len(),
        }
    }
}

/// A share of 0 to 1 as whole percents, for example `97 %`.
pub fn percent(share: f64) -> String {
    format!("{:.0} %", share * 100.0)
}

/// A volume in bytes, for example `1.21 GB`.
pub fn volume(bytes: u64) -> String {
    with_unit(bytes as f64, "B")
}

/// [`volume`], right-aligned in [`VOLUME_WIDTH`] columns.
pub fn volume_padded(bytes: u64) -> String {
    format!("{:>VOLUME_WIDTH$}", volume(bytes))
}

/// A rate in packets a second, for example `12.3 kpps`.
pub fn packet_rate(packets_per_second: f64) -> String {
    with_unit(packets_per_second, "pps")
}

/// [`packet_rate`], right-aligned in [`PACKET_RATE_WIDTH`] columns.
pub fn packet_rate_padded(packets_per_second: f64) -> String {
    format!("{:>PACKET_RATE_WIDTH$}", packet_rate(packets_per_second))
}

/// The speed of a link in bit/s, without decimals that say nothing: `1 Gbit/s`, `2.5 Gbit/s`.
pub fn link_speed(bits_per_second: u64) -> String {
    let text = with_unit(bits_per_second as f64, "bit/s");
    match text.split_once(' ') {
        Some((number, unit)) if number.contains('.') => {
            format!("{} {unit}", number.trim_end_matches('0').trim_end_matches('.'))
        }
        _ => text,
    }
}

fn with_unit(value: f64, unit: &str) -> String {
    match NumberPrefix::decimal(settle(value)) {
        NumberPrefix::Standalone(number) if number.fract() == 0.0 => format!("{number:.0} {unit}"),
        NumberPrefix::Standalone(number) => format!("{number:.1} {unit}"),
        NumberPrefix::Prefixed(prefix, number) => {
            // 9.996 would be "10.00" with two decimals.
            let decimals = if number < 9.995 { 2 } else { 1 };
            format!("{number:.decimals$} {prefix}{unit}")
        }
    }
}

/// Rounds to what will be shown *before* the prefix is chosen: 999.96 k must become 1.00 M, not 1000.0 k.
fn settle(value: f64) -> f64 {
    if !value.is_finite() || value <= 0.0 {
        return 0.0;
    }
    if value < 9.95 {
        return (value * 10.0).round() / 10.0;
    }
    let whole = value.round();
    if whole < 1000.0 { whole } else { three_digits(whole).min(GREATEST) }
}

/// Rounds to the decimals that [`with_unit`] shows.
fn three_digits(value: f64) -> f64 {
    let unit = 1000_f64.powf((value.log10() / 3.0).floor());
    let step = if value / unit < 9.995 { unit / 100.0 } else { unit / 10.0 };
    (value / step).round() * step
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn rates_have_the_unit_that_was_asked_for() {
        assert_eq!(Units::Bits.rate(39_050_000.0), "312.4 Mbit/s");
        assert_eq!(Units::Bytes.rate(39_050_000.0), "39.1 MB/s");
        assert_eq!(Units::Bits.rate(0.0), "0 bit/s");
        assert_eq!(Units::Bytes.rate(f64::NAN), "0 B/s");
        assert_eq!(Units::Bits.rate_padded(125.0), " 1.00 kbit/s");
    }

    #[test]
    fn volumes_packets_and_links() {
        assert_eq!(volume(0), "0 B");
        assert_eq!(volume(999), "999 B");
        assert_eq!(volume(1_210_000_000), "1.21 GB");
        assert_eq!(volume(u64::MAX), "18.4 EB");
        assert_eq!(packet_rate(12_345.0), "12.3 kpps");
        assert_eq!(packet_rate(0.5), "0.5 pps");
        assert_eq!(link_speed(1_000_000_000), "1 Gbit/s");
        assert_eq!(link_speed(2_500_000_000), "2.5 Gbit/s");
        assert_eq!(link_speed(100_000_000_000), "100 Gbit/s");
    }

    #[test]
    fn rounding_goes_to_the_next_prefix() {
        assert_eq!(volume(999_949), "999.9 kB");
        assert_eq!(volume(999_950), "1.00 MB");
        assert_eq!(volume(9_996), "10.0 kB");
        assert_eq!(packet_rate(999.6), "1.00 kpps");
        assert_eq!(packet_rate(9.96), "10 pps");
    }

    /// The value that a text stands for, to compare texts by.
    fn value_of(text: &str) -> f64 {
        let (number, unit) = text.split_once(' ').unwrap();
        let prefixes = "kMGTPEZY";
        let power = unit.chars().next().and_then(|c| prefixes.find(c)).map_or(0, |at| at + 1);
        number.parse::<f64>().unwrap() * 1000_f64.powi(power as i32)
    }

    proptest! {
        #[test]
        fn nothing_is_wider_than_its_column(rate in any::<f64>(), bytes in any::<u64>()) {
            prop_assert_eq!(Units::Bits.rate_padded(rate).len(), Units::Bits.rate_width());
            prop_assert_eq!(Units::Bytes.rate_padded(rate).len(), Units::Bytes.rate_width());
            prop_assert_eq!(packet_rate_padded(rate).len(), PACKET_RATE_WIDTH);
            prop_assert_eq!(volume_padded(bytes).len(), VOLUME_WIDTH);
            prop_assert!(link_speed(bytes).len() <= RATE_WIDTH);
        }

        #[test]
        fn more_never_reads_as_less(exponent in 0_u32..63, step in 1_u64..1_000, offset in any::<u64>()) {
            let less = (1_u64 << exponent) + offset % (1 << exponent);
            let more = less.saturating_add(step.saturating_mul(less / 1000 + 1));
            prop_assert!(value_of(&volume(less)) <= value_of(&volume(more)));
        }

        #[test]
        fn the_number_is_within_half_a_percent(bytes in 1_000_u64..) {
            let error = (value_of(&volume(bytes)) - bytes as f64).abs() / bytes as f64;
            prop_assert!(error <= 0.0051, "{bytes} reads {}", volume(bytes));
        }
    }
}
