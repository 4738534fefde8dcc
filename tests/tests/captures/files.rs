//! Formats of files, written by Wireshark's own tools.

use std::{fs, path::Path};

use nbw_detect::capture::LinkType;
use nbw_tests::lab::run;

use super::{
    made,
    shark::{assert_same, nbw, tshark},
};

fn frames(directory: &Path) -> (std::path::PathBuf, usize) {
    let packets: Vec<Vec<u8>> = made::packets().iter().map(made::Packet::frame).collect();
    (made::file(directory, "frames.pcap", LinkType::ETHERNET, &packets), packets.len())
}

#[test]
fn every_format_that_editcap_writes_is_read_as_tshark_reads_it() {
    let directory = tempfile::tempdir().expect("a directory");
    let (frames, count) = frames(directory.path());
    for format in ["pcap", "nsecpcap", "pcapng", "modpcap"] {
        let path = directory.path().join(format);
        run(&format!("editcap -F {format} {} {}", frames.display(), path.display()));
        assert_same(&path, count);
    }
    let short = directory.path().join("short");
    run(&format!("editcap -F pcapng -s 60 {} {}", frames.display(), short.display()));
    assert_same(&short, count);
}

#[test]
fn several_interfaces_in_one_file_are_read_as_tshark_reads_them() {
    let directory = tempfile::tempdir().expect("a directory");
    let (frames, count) = frames(directory.path());
    let raw: Vec<Vec<u8>> = made::packets().into_iter().map(|packet| packet.bytes).collect();
    let raw = made::file(directory.path(), "raw.pcap", LinkType::RAW, &raw);
    let merged = directory.path().join("merged.pcapng");
    run(&format!("mergecap -F pcapng -w {} {} {}", merged.display(), frames.display(), raw.display()));
    assert_same(&merged, 2 * count);
    let links: Vec<u32> = {
        let mut reader = nbw_detect::capture::Reader::open(&merged).expect("a capture");
        std::iter::from_fn(|| reader.next_facts()).map(|facts| facts.expect("a packet").link).collect()
    };
    assert_eq!([0, 1].map(|link| links.iter().filter(|other| **other == link).count()), [count; 2]);
}

/// A file may be the end of one behind another.
#[test]
fn files_that_were_put_together_are_read_as_tshark_reads_them() {
    let directory = tempfile::tempdir().expect("a directory");
    let (frames, count) = frames(directory.path());
    let pcapng = directory.path().join("one.pcapng");
    run(&format!("editcap -F pcapng {} {}", frames.display(), pcapng.display()));
    let one = fs::read(&pcapng).expect("the file");
    let both = directory.path().join("both.pcapng");
    fs::write(&both, [&one[..], &one].concat()).expect("room");
    assert_same(&both, 2 * count);
}

#[test]
fn packed_files_are_read_as_tshark_reads_them() {
    let directory = tempfile::tempdir().expect("a directory");
    let (frames, count) = frames(directory.path());
    run(&format!("gzip -k {}", frames.display()));
    assert_same(&frames.with_extension("pcap.gz"), count);
    let zstd = frames.with_extension("pcap.zst");
    fs::write(&zstd, zstd::encode_all(&*fs::read(&frames).expect("the file"), 3).expect("memory")).expect("room");
    assert_eq!(nbw(&zstd), tshark(&frames), "packed by zstd");
}
