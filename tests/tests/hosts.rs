//! Hosts that lack something: one sentence that names the thing and the remedy, and exit code 77.

use std::{fs, path::Path};

use nbw::bpf::object_bytes;
use nbw_tests::lab::Ended;
use object::{Object, ObjectSection, ObjectSymbol};
use tempfile::NamedTempFile;

#[test]
fn without_root_it_names_what_is_lacking() {
    let words = ["root", "CAP_BPF", "CAP_NET_ADMIN", "CAP_PERFMON", "CAP_DAC_READ_SEARCH", "sudo nbw"];
    Ended::run("setpriv --reuid 65534 --clear-groups", "--count 1").assert_one_sentence(77, &words);
}

#[test]
fn one_missing_capability_is_named_alone() {
    for (drop, missing, held) in [
        ("-net_admin", "CAP_NET_ADMIN", "CAP_BPF"),
        ("-dac_read_search", "CAP_DAC_READ_SEARCH", "CAP_BPF"),
        ("-bpf,-sys_admin", "CAP_BPF", "CAP_PERFMON"),
        ("-perfmon,-sys_admin", "CAP_PERFMON", "CAP_BPF"),
    ] {
        let ended = Ended::run(&format!("setpriv --bounding-set {drop}"), "--count 1");
        ended.assert_one_sentence(77, &[missing, "sudo nbw"]);
        assert!(!ended.stderr.contains(held), "{ended:?}");
    }
}

#[test]
fn the_four_capabilities_that_it_names_are_enough() {
    let prefix = "unshare --net setpriv --bounding-set -all,+bpf,+net_admin,+perfmon,+dac_read_search";
    let ended = Ended::run(prefix, "-i lo --count 1 -n 20ms --format plain");
    assert_eq!((ended.code, ended.stderr.as_str()), (Some(0), ""), "{ended:?}");
    assert!(ended.stdout.contains("interface lo"), "{ended:?}");
}

#[test]
fn a_container_s_root_is_told_that_bpf_is_not_permitted() {
    let words = ["does not permit BPF here", "Operation not permitted", "containers that drop capabilities"];
    Ended::run("unshare --user --map-root-user", "--count 1").assert_one_sentence(77, &words);
}

#[test]
fn without_cgroup_v2_it_says_how_to_mount_it() {
    let line = "while p=$(findmnt -n -t cgroup2 -o TARGET | tail -1) && [ -n \"$p\" ]; do umount \"$p\"; done; \
                exec $NBW --count 1";
    Ended::shell("unshare --mount", line).assert_one_sentence(77, &["cgroup v2", "mount -t cgroup2"]);
}

#[test]
fn without_btf_it_says_which_kernel_to_take() {
    let line = "mount -t tmpfs none /sys/kernel/btf && exec $NBW --count 1";
    let words = ["BTF", "/sys/kernel/btf/vmlinux", "CONFIG_DEBUG_INFO_BTF"];
    Ended::shell("unshare --mount", line).assert_one_sentence(77, &words);
}

#[test]
fn what_the_verifier_says_is_saved() {
    for program in ["nbw_tc_ingress", "nbw_tc_egress", "nbw_cg_ingress", "nbw_cg_egress"] {
        let object = spoilt(program);
        let ended = Ended::run("", &format!("--bpf-object {} --count 1", object.path().display()));
        ended.assert_one_sentence(77, &["verifier", program, "its log is in ", "uname -r"]);
        let (_, rest) = ended.stderr.split_once("its log is in ").expect("a path");
        let log = Path::new(rest.split(';').next().expect("a path"));
        let text = fs::read_to_string(log).expect("the log");
        fs::remove_file(log).expect("the log");
        assert!(text.contains("R5 !read_ok"), "{text}");
    }
}

/// The object that is built in, with a program that begins by reading a register that nobody has written.
fn spoilt(program: &str) -> NamedTempFile {
    /// `r0 = r5`.
    const UNREADABLE: [u8; 8] = [0xbf, 0x50, 0, 0, 0, 0, 0, 0];
    let mut bytes = object_bytes(None).expect("the object").into_owned();
    let at = {
        let file = object::File::parse(&*bytes).expect("an ELF file");
        let symbol = file.symbols().find(|symbol| symbol.name() == Ok(program)).expect("the program");
        let section = symbol.section_index().expect("its section");
        let (start, _) = file.section_by_index(section).expect("its section").file_range().expect("its bytes");
        (start + symbol.address()) as usize
    };
    bytes[at..at + UNREADABLE.len()].copy_from_slice(&UNREADABLE);
    written(&bytes)
}

fn written(bytes: &[u8]) -> NamedTempFile {
    let file = NamedTempFile::new().expect("a file");
    fs::write(file.path(), bytes).expect("the file");
    file
}

#[test]
fn an_object_that_is_none_is_named() {
    let noise: Vec<u8> = (0..2_000_u32).map(|at| (at * 31 % 251) as u8).collect();
    let half = object_bytes(None).expect("the object");
    for bytes in [&[][..], &noise, &half[..half.len() / 2], &fs::read("/bin/true").expect("a program")] {
        let file = written(bytes);
        let path = file.path().display().to_string();
        let ended = Ended::run("", &format!("--bpf-object {path} --count 1"));
        ended.assert_one_sentence(1, &["BPF object", &path, "cannot be loaded"]);
    }
}

#[test]
fn an_object_that_cannot_be_read_is_wrong_usage() {
    let ended = Ended::run("", "--bpf-object /no/such/file.o");
    ended.assert_one_sentence(2, &["cannot read the BPF object /no/such/file.o", "No such file"]);
}
