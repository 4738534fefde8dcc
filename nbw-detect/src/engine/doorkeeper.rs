//! Who is let in where there is no room: whoever was seen before. Of a flood from forged addresses hardly any comes twice, and none of it is to
//! push out those who do (TinyLFU: Einziger, Friedman and Manes, 2017).

use std::hash::{BuildHasher as _, Hash};

use foldhash::fast::FixedState;

/// Bits, one for each who was seen.
const BITS: usize = 1 << 20;

/// So many, and it begins anew: with more, many would be taken for others.
const MOST: u32 = 1 << 17;

/// Those who were seen. It takes no memory before it is asked.
#[derive(Debug, Default)]
pub(crate) struct Doorkeeper {
    bits: Vec<u64>,
    set: u32,
}

impl Doorkeeper {
    /// Whether somebody was seen before; the next time he was.
    pub(crate) fn knows(&mut self, who: &impl Hash) -> bool {
        if self.bits.is_empty() || self.set >= MOST {
            self.bits.clear();
            self.bits.resize(BITS / 64, 0);
            self.set = 0;
        }
        // Of a bad hash of 64 bits the upper ones are the best.
        let place = (FixedState::default().hash_one(who) >> 40) as usize % BITS;
        let (word, bit) = (&mut self.bits[place / 64], 1 << (place % 64));
        let known = *word & bit != 0;
        *word |= bit;
        self.set += u32::from(!known);
        known
    }

    /// Forgets all.
    pub(crate) fn clear(&mut self) {
        *self = Self::default();
    }
}
