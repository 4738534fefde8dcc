//! Adding to counters, and the few atomic instructions of BPF that `core` does not offer for this target.

use core::arch::asm;

/// Adds, and returns what was there before, without taking part in any race: for hooks that run with bottom halves off, where nothing else on this
/// CPU can come between the load and the store, on a stripe that no other CPU writes.
///
/// # Safety
/// `counter` must be valid, and only this CPU's hook of this kind may write to it.
#[inline(always)]
pub unsafe fn add_alone(counter: *mut u64, amount: u64) -> u64 {
    // SAFETY: the caller's promise. Volatile, because userspace reads at any moment: one load, one store.
    unsafe {
        let before = core::ptr::read_volatile(counter);
        core::ptr::write_volatile(counter, before.wrapping_add(amount));
        before
    }
}

/// Adds in one instruction: for hooks in process context, where a softirq or another task on the same CPU may add
/// to the same counter at any moment.
///
/// # Safety
/// `counter` must be valid and aligned.
#[inline(always)]
pub unsafe fn add_shared(counter: *mut u64, amount: u64) {
    // SAFETY: the caller's promise.
    unsafe { asm!("lock *(u64 *)({0} + 0) += {1}", in(reg) counter, in(reg) amount, options(nostack)) }
}

/// [`add_shared`] for a word of 32 bits.
///
/// # Safety
/// `counter` must be valid and aligned.
#[inline(always)]
pub unsafe fn add_shared32(counter: *mut u32, amount: u32) {
    // SAFETY: the caller's promise.
    unsafe { asm!("lock *(u32 *)({0} + 0) += {1}", in(reg) counter, in(reg) u64::from(amount), options(nostack)) }
}

/// Writes `new` if `word` is `old`, and returns what was there. A full barrier.
///
/// # Safety
/// `word` must be valid and aligned.
#[inline(always)]
pub unsafe fn compare_exchange(word: *mut u64, old: u64, new: u64) -> u64 {
    let found: u64;
    // SAFETY: the caller's promise. The instruction compares with, and answers in, register 0.
    unsafe {
        asm!(
            "r0 = cmpxchg_64({0} + 0, r0, {1})",
            in(reg) word, in(reg) new, inout("r0") old => found, options(nostack)
        );
    }
    found
}

/// Adds, and returns what was there before. A full barrier.
///
/// # Safety
/// `counter` must be valid and aligned.
#[inline(always)]
pub unsafe fn fetch_add(counter: *mut u64, amount: u64) -> u64 {
    let before: u64;
    // SAFETY: the caller's promise.
    unsafe {
        asm!(
            "{1} = atomic_fetch_add((u64 *)({0} + 0), {1})",
            in(reg) counter, inout(reg) amount => before, options(nostack)
        );
    }
    before
}

/// Writes `value` with a full barrier, so that whoever sees it sees all that was written before it.
///
/// # Safety
/// `word` must be valid and aligned.
#[inline(always)]
pub unsafe fn publish(word: *mut u64, value: u64) {
    // SAFETY: the caller's promise.
    unsafe { exchange(word, value) };
}

/// Writes `value`, and returns what was there before. A full barrier.
///
/// # Safety
/// `word` must be valid and aligned.
#[inline(always)]
pub unsafe fn exchange(word: *mut u64, value: u64) -> u64 {
    let before: u64;
    // SAFETY: the caller's promise.
    unsafe { asm!("{1} = xchg_64({0} + 0, {1})", in(reg) word, inout(reg) value => before, options(nostack)) }
    before
}

/// The same number, as one that the verifier knows nothing about: it does not see that what is done twice changes nothing. `any` is
/// any number that it knows nothing about.
#[inline(always)]
pub fn forgotten(mut number: u32, any: u32) -> u32 {
    // SAFETY: touches no memory.
    unsafe {
        asm!(
            "{0} ^= {1}", "{0} ^= {1}",
            inout(reg) number, in(reg) any, options(nomem, nostack, preserves_flags)
        );
    }
    number
}

/// As [`forgotten`], of 64 bits.
#[inline(always)]
pub fn forgotten64(mut number: u64, any: u32) -> u64 {
    const ALL_BITS: u64 = 0x9e37_79b9_7f4a_7c15;
    // SAFETY: as above.
    unsafe {
        asm!(
            "{1} *= {2}", "{0} ^= {1}", "{0} ^= {1}",
            inout(reg) number, inout(reg) u64::from(any) => _, in(reg) ALL_BITS, options(nomem, nostack, preserves_flags)
        );
    }
    number
}
