//! nbw's packet programs and arrays, by hand.

use aya::{
    Pod,
    maps::{Array, MapData},
    programs::{CgroupSkb, ProgramError, SchedClassifier, TestRun, TestRunOptions},
};
use nbw::bpf::Object;
use nbw_common::abi::programs;

use crate::context::Context;

/// One of nbw's packet programs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Hook {
    TcIngress,
    TcEgress,
    DetectIngress,
    DetectEgress,
    CgroupIngress,
    CgroupEgress,
}

impl Hook {
    pub(crate) const ALL: [Self; 6] = [
        Self::TcIngress,
        Self::TcEgress,
        Self::DetectIngress,
        Self::DetectEgress,
        Self::CgroupIngress,
        Self::CgroupEgress,
    ];

    /// Those that see packets from the link-layer header on.
    pub(crate) const TC: [Self; 4] = [Self::TcIngress, Self::TcEgress, Self::DetectIngress, Self::DetectEgress];

    pub(crate) fn is_tc(self) -> bool {
        Self::TC.contains(&self)
    }

    pub(crate) fn receives(self) -> bool {
        matches!(self, Self::TcIngress | Self::DetectIngress | Self::CgroupIngress)
    }

    /// Whether the kernel's own word for all bytes on the wire is taken there.
    pub(crate) fn believes(self) -> bool {
        matches!(self, Self::TcEgress | Self::DetectEgress)
    }

    /// What it returns to let a packet pass: `TC_ACT_UNSPEC`, or 1.
    pub(crate) fn pass(self) -> u32 {
        if self.is_tc() { u32::MAX } else { 1 }
    }

    pub(crate) fn program(self) -> &'static str {
        match self {
            Self::TcIngress => programs::TC_INGRESS,
            Self::TcEgress => programs::TC_EGRESS,
            Self::DetectIngress => programs::DETECT_INGRESS,
            Self::DetectEgress => programs::DETECT_EGRESS,
            Self::CgroupIngress => programs::CGROUP_INGRESS,
            Self::CgroupEgress => programs::CGROUP_EGRESS,
        }
    }
}

/// Runs a program on a packet, so many times with the same socket; its verdict, or the number of the kernel's refusal.
pub(crate) fn run(object: &mut Object, hook: Hook, packet: &[u8], context: Context, times: u32) -> Result<u32, i32> {
    let context = context.bytes();
    let options =
        TestRunOptions { data_in: Some(packet), ctx_in: Some(&context), repeat: times, ..TestRunOptions::new() };
    let result = if hook.is_tc() {
        object.program::<SchedClassifier>(hook.program()).expect("a program").test_run(options)
    } else {
        object.program::<CgroupSkb>(hook.program()).expect("a program").test_run(options)
    };
    match result {
        Ok(result) => Ok(result.return_value),
        Err(ProgramError::SyscallError(error)) => Err(error.io_error.raw_os_error().expect("an error of the kernel")),
        Err(error) => panic!("{hook:?}: {error}"),
    }
}

/// An entry of an array.
pub(crate) fn get<V: Pod>(object: &mut Object, map: &str, index: u32) -> V {
    let map = object.ebpf_mut().map(map).expect("a map");
    Array::<&MapData, V>::try_from(map).expect("an array").get(&index, 0).expect("an entry")
}

/// Writes an entry of an array.
pub(crate) fn set<V: Pod>(object: &mut Object, map: &str, index: u32, value: V) {
    let map = object.ebpf_mut().map_mut(map).expect("a map");
    Array::<&mut MapData, V>::try_from(map).expect("an array").set(index, value, 0).expect("an entry");
}
