//! What is busy, and no attack, is not reported.

use nbw_tests::lab::{Iperf, Netns, TwoHosts};

use crate::watcher::{Watcher, tool};

/// A server at the right host, where nbw looks, and a client's command line at the left one.
fn nothing_is_told(number: u8, serve: impl FnOnce(&Netns) -> Iperf, line: &str) {
    let hosts = TwoHosts::new(number, true);
    let _server = serve(&hosts.right);
    let line = line.replace("SERVER", &hosts.cable.v4.1);
    let events = Watcher::start(&hosts.right).during(&mut tool(&hosts.left, &line));
    assert!(events.is_empty(), "{events:#?}");
}

fn iperf(netns: &Netns) -> Iperf {
    Iperf::server(netns, None)
}

#[test]
fn a_fast_download_is_none() {
    nothing_is_told(80, iperf, "iperf3 -c SERVER -t 2 -P 8");
}

/// Far more packets than are looked at.
#[test]
fn a_fast_stream_of_datagrams_is_none() {
    nothing_is_told(81, iperf, "iperf3 -c SERVER -t 2 -u -b 1G -l 200");
}

/// Hundreds of short connections a second, each answered: nbw watches such a server closely.
#[test]
fn a_busy_web_server_is_none() {
    let hosts = TwoHosts::new(82, true);
    let directory = tempfile::tempdir().expect("a directory");
    std::fs::write(directory.path().join("page"), vec![b'x'; 20_000]).expect("a page");
    let mut command = hosts.right.command("busybox");
    command.args(["httpd", "-f", "-p", "80", "-h"]).arg(directory.path());
    let mut server = command.spawn().expect("a web server");
    nbw_tests::lab::until("the server to listen", || {
        (!hosts.right.run("ss -Hltn sport = :80").is_empty()).then_some(())
    });
    let url = format!("http://{}/page?[1-2000]", hosts.cable.v4.1);
    let line = format!("curl -s -o /dev/null --no-keepalive -H Connection:close --parallel --parallel-max 8 {url}");
    let events = Watcher::start(&hosts.right).during(&mut tool(&hosts.left, &line));
    // It may have ended by itself.
    let _ = server.kill();
    let _ = server.wait();
    assert!(events.is_empty(), "{events:#?}");
}
