//! How much the kernel's verifier has to walk through.

use aya::programs::{CgroupSkb, SchedClassifier};
use nbw::bpf::LoadOptions;

use crate::{hook::Hook, machine::Machine};

/// A million is the verifier's limit, and 6.1's walks several times as many as the newest: a call that is inlined once more is
/// seen here before it is refused there.
const MOST: u32 = 100_000;

#[test]
fn programs_are_far_from_the_verifiers_limit() {
    let mut machine = Machine::new(&LoadOptions::default());
    for hook in Hook::ALL {
        let object = &mut machine.object;
        let info = if hook.is_tc() {
            object.program::<SchedClassifier>(hook.program()).expect("a program").info()
        } else {
            object.program::<CgroupSkb>(hook.program()).expect("a program").info()
        };
        let Some(walked) = info.expect("what the kernel knows of it").verified_instruction_count() else {
            println!("skipped: kernels before 5.16 do not say how much they have walked through");
            return;
        };
        println!("{hook:?}: {walked} instructions");
        assert!(walked > 0 && walked < MOST, "{hook:?}: {walked} instructions");
    }
}
