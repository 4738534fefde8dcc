//! Load-time constants. Userspace writes them before the verifier sees the programs, so that a branch that is
//! switched off is not even loaded.

use nbw_common::abi;

/// A constant that the loader overwrites; volatile, or the compiler would fold in the value given here.
#[repr(transparent)]
pub struct Knob(u32);

impl Knob {
    /// The value that the loader wrote.
    #[inline(always)]
    pub fn get(&'static self) -> u32 {
        // SAFETY: a reference to a static is valid to read.
        unsafe { core::ptr::read_volatile(&self.0) }
    }

    /// Whether the loader switched it on.
    #[inline(always)]
    pub fn is_on(&'static self) -> bool {
        self.get() != 0
    }
}

/// See [`abi::knobs::GROUP_SLOTS`].
#[unsafe(no_mangle)]
pub static NBW_GROUP_SLOTS: Knob = Knob(abi::GROUP_SLOTS);
/// See [`abi::knobs::NETNS_HELPER`].
#[unsafe(no_mangle)]
pub static NBW_NETNS_HELPER: Knob = Knob(1);
/// See [`abi::knobs::VERBOSE`].
#[unsafe(no_mangle)]
pub static NBW_VERBOSE: Knob = Knob(0);

/// See [`abi::knobs::CONNECTIONS`].
#[unsafe(no_mangle)]
pub static NBW_CONNECTIONS: Knob = Knob(0);
/// See [`abi::knobs::CONNECTION_SLOTS`].
#[unsafe(no_mangle)]
pub static NBW_CONNECTION_SLOTS: Knob = Knob(abi::CONNECTION_SLOTS);
/// See [`abi::knobs::ENDS_TOLD_APART`].
#[unsafe(no_mangle)]
pub static NBW_ENDS_TOLD_APART: Knob = Knob(abi::ENDS_TOLD_APART);

/// See [`abi::knobs::DETECT_BUDGET`].
#[unsafe(no_mangle)]
pub static NBW_DETECT_BUDGET: Knob = Knob(abi::BUDGET.ilog2());

/// See [`abi::knobs::DETECT_ROWS`].
#[unsafe(no_mangle)]
pub static NBW_DETECT_ROWS: Knob = Knob(abi::DETECT_ROWS);

/// See [`abi::maps::EPOCH`].
#[unsafe(no_mangle)]
#[unsafe(link_section = ".bss")]
pub static mut NBW_EPOCH: u64 = 0;

/// The epoch now.
#[inline(always)]
pub fn epoch() -> u64 {
    // SAFETY: a static is valid to read, and an aligned word is read whole.
    unsafe { core::ptr::read_volatile(&raw const NBW_EPOCH) }
}
