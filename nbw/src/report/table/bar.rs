//! Bars in cells: what was received, then what was sent, as parts of the most.

use crate::report::rows::Both;

/// Received, sent: as block characters, and in ASCII.
pub(super) const RX: char = '█';
pub(super) const TX: char = '▒';

/// How long bars are.
pub(super) struct Bars {
    /// The bytes that fill one.
    pub(super) most: u64,
    pub(super) unicode: bool,
}

impl Bars {
    /// A bar of at most so many columns. What moved anything has one of at least one column.
    pub(super) fn draw(&self, moved: Both, width: usize) -> String {
        if self.most == 0 || width == 0 || moved.total() == 0 {
            return String::new();
        }
        let columns = |bytes: u64| (bytes as f64 / self.most as f64 * width as f64).round() as usize;
        let all = columns(moved.total()).clamp(1, width);
        let rx = (moved.rx as f64 / moved.total() as f64 * all as f64).round() as usize;
        let (rx_char, tx_char) = if self.unicode { (RX, TX) } else { ('#', '=') };
        let draw = |character: char, count: usize| std::iter::repeat_n(character, count);
        draw(rx_char, rx).chain(draw(tx_char, all.saturating_sub(rx))).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bar_is_as_long_as_its_part_of_the_most() {
        let bars = Bars { most: 100, unicode: true };
        assert_eq!(bars.draw(Both { rx: 50, tx: 50 }, 10), "█████▒▒▒▒▒");
        assert_eq!(bars.draw(Both { rx: 30, tx: 10 }, 10), "███▒");
        assert_eq!(bars.draw(Both { rx: 1, tx: 0 }, 10), "█");
        assert_eq!(bars.draw(Both::default(), 10), "");
        assert_eq!(Bars { most: 100, unicode: false }.draw(Both { rx: 50, tx: 50 }, 4), "##==");
        assert_eq!(bars.draw(Both { rx: u64::MAX, tx: u64::MAX }, 4).chars().count(), 4);
    }
}
