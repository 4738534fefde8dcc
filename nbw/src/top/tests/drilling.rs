//! Into rows and out of them.

use super::*;
use crate::{
    snapshot::{Group, Interface},
    top::linger,
};

/// Goes down from the first row to the one of this name.
fn go_to(state: &mut State, name: &str) {
    press(state, KeyCode::Home);
    for _ in 0..names(state).0.len() {
        if names(state).1.as_deref() == Some(name) {
            return;
        }
        type_keys(state, "j");
    }
    panic!("no {name}: {:?}", names(state));
}

#[test]
fn from_interface_to_group_to_process_to_connection_and_back() {
    let mut state = view(120, 30);
    go_to(&mut state, "eth0");
    type_keys(&mut state, "\n");
    assert_eq!(
        (state.by, names(&state).0),
        (By::Group, ["nginx.service", "unattributed", "ssh.service"].map(String::from).into())
    );
    type_keys(&mut state, "\n");
    assert_eq!((state.by, names(&state).0), (By::Process, vec!["nginx".into()]));
    type_keys(&mut state, "\n");
    assert_eq!(state.by, By::Connection);
    assert_eq!(names(&state).0, ["tcp [2001:db8:85a3:1234:5678:8a2e:370:7334]:61044"]);
    type_keys(&mut state, "\n");
    assert_eq!(state.crumbs.len(), 3, "nothing is below a connection");
    press(&mut state, KeyCode::Backspace);
    assert_eq!((state.by, names(&state).1.as_deref()), (By::Process, Some("nginx")));
    press(&mut state, KeyCode::Esc);
    press(&mut state, KeyCode::Esc);
    assert_eq!((state.by, names(&state).1.as_deref()), (By::Interface, Some("eth0")));
    press(&mut state, KeyCode::Esc);
    assert_eq!((state.by, state.crumbs.len()), (By::Interface, 0));
}

#[test]
fn the_host_s_end_of_a_veth_leads_into_its_container() {
    let mut state = view(120, 30);
    go_to(&mut state, "vethweb");
    type_keys(&mut state, "\n");
    assert_eq!(names(&state).0, ["web"]);
    for (tab, found) in
        [("3", ["web"].as_slice()), ("4", &[]), ("5", &[]), ("6", &["nginx"]), ("8", &["mirror.example"])]
    {
        type_keys(&mut state, tab);
        assert_eq!(names(&state).0, found, "{tab}");
    }
}

#[test]
fn a_port_of_a_bridge_leads_to_the_groups_behind_it_containers_or_not() {
    let mut snapshot = fixture::snapshot(1);
    let veth = snapshot.interfaces[1].clone();
    snapshot.interfaces.push(Interface {
        name: "vethns".into(),
        index: 12,
        master: Some("br0".into()),
        ..veth.clone()
    });
    snapshot.interfaces.push(Interface { name: "eth7".into(), index: 13, ..veth });
    let group = snapshot.groups[3].clone();
    let far = |name: &str, peer: Option<&str>, parent: Option<&str>| Group {
        name: name.into(),
        path: format!("/{name}").into(),
        netns: name.into(),
        peer: peer.map(Into::into),
        parent: parent.map(Into::into),
        ..group.clone()
    };
    snapshot.groups.extend([far("ns", Some("vethns"), None), far("vlan", None, Some("eth7"))]);
    let mut state = fresh(120, 40);
    show(&mut state, snapshot);
    for (interface, found) in [("vethns", "ns"), ("eth7", "vlan")] {
        type_keys(&mut state, "1");
        go_to(&mut state, interface);
        if interface == "vethns" {
            assert!(screen(&state, 120, 40).iter().any(|line| line.contains("port of") && line.contains("br0")));
        }
        type_keys(&mut state, "\n");
        assert_eq!((state.by, names(&state).0), (By::Group, vec![found.to_owned()]));
        assert!(screen(&state, 120, 40).iter().any(|line| line.contains(interface)));
        press(&mut state, KeyCode::Backspace);
    }
    // And from the group to the interface that it is reached through.
    type_keys(&mut state, "2");
    go_to(&mut state, "vlan");
    type_keys(&mut state, "\n1");
    assert_eq!(names(&state).0, ["eth7"]);
}

#[test]
fn what_belongs_to_a_row_is_found_on_every_tab() {
    let mut state = view(120, 30);
    type_keys(&mut state, "4\n");
    assert_eq!((state.by, names(&state).0), (By::Container, vec!["api".into()]));
    for (tab, found) in [
        ("2", ["api"].as_slice()),
        ("4", &["shop-7d4b9c"]),
        ("5", &[]),
        ("6", &["api"]),
        ("7", &["tcp 10.42.0.1:50122"]),
        ("8", &["10.42.0.1"]),
    ] {
        type_keys(&mut state, tab);
        assert_eq!(names(&state).0, found, "pod, {tab}");
    }
    let mut state = view(120, 30);
    type_keys(&mut state, "8\n");
    assert_eq!((state.by, state.counts().1), (By::Connection, 1 + linger::TICKS));
    for (tab, found) in [
        ("1", ["eth0", "vethweb"].as_slice()),
        ("2", &["web", "ssh.service"]),
        ("3", &["web"]),
        ("5", &["system.slice", "ssh.service"]),
        ("6", &["nginx", "curl"]),
    ] {
        type_keys(&mut state, tab);
        assert_eq!(names(&state).0, found, "remote, {tab}");
    }
}

#[test]
fn what_nobody_owns_leads_nowhere() {
    let mut state = view(80, 24);
    type_keys(&mut state, "2jjj");
    assert_eq!(names(&state).1.as_deref(), Some("unattributed"));
    type_keys(&mut state, "\n");
    assert_eq!((state.by, state.crumbs.len()), (By::Group, 0));
}
