//! Groups: whose cgroup is whose container, what the filters choose, and that nothing is lost or mixed up when groups
//! come and go by the thousand.

mod churn;
mod member;

use std::collections::BTreeSet;

use nbw_tests::lab::{Cgroup, Nbw, Netns, Totals, assert_sum_rule, group, unique};
use serde_json::Value;

use self::member::{Member, WIRE, both, rows};

const ID: &str = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
const SHORT_ID: &str = "0123456789ab";
/// One layout of a runtime's, and what nbw should say of it.
struct Layout {
    path: String,
    name: &'static str,
    kind: &'static str,
    runtime: Value,
}

fn layouts() -> Vec<Layout> {
    let known = |path: String, name, runtime: &str| Layout { path, name, kind: "container", runtime: runtime.into() };
    let unit = |path: &str, name, kind| Layout { path: path.into(), name, kind, runtime: Value::Null };
    let burstable =
        "kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod11112222_3333_4444_5555_666677778888.slice";
    vec![
        known(format!("docker/{ID}"), SHORT_ID, "docker"),
        known(format!("system.slice/docker-{ID}.scope"), SHORT_ID, "docker"),
        known(format!("libpod_parent/libpod-{ID}"), SHORT_ID, "podman"),
        known(format!("machine.slice/libpod-{ID}.scope"), SHORT_ID, "podman"),
        known(format!("k8s.io/{ID}"), SHORT_ID, "containerd"),
        known(format!("{burstable}/cri-containerd-{ID}.scope"), SHORT_ID, "containerd"),
        known(format!("{burstable}/crio-{ID}.scope"), SHORT_ID, "crio"),
        Layout {
            path: format!("kubepods/burstable/pod11112222-3333-4444-5555-666677778888/{ID}"),
            name: SHORT_ID,
            kind: "container",
            runtime: Value::Null,
        },
        known("lxc.payload.mail".into(), "mail", "lxc"),
        known("machine.slice/systemd-nspawn@db.service".into(), "db", "nspawn"),
        unit("system.slice/nginx.service", "nginx.service", "service"),
        unit("user.slice/user-1000.slice/session-2.scope", "session-2.scope", "session"),
        unit("by-hand", "by-hand", "cgroup"),
    ]
}

#[test]
fn every_runtime_s_layout_is_recognised() {
    let (netns, parent) = (Netns::new(), unique("nbwt"));
    let layouts = layouts();
    let at = |layout: &Layout| Member::new(&netns, Cgroup::at(&format!("{parent}/{}", layout.path)));
    let members: Vec<Member> = layouts.iter().map(at).collect();
    let mut nbw = Nbw::watch(&netns, "--interval 50ms -i lo");
    members.iter().zip(1..).for_each(|(member, times)| member.talk(times));
    let snapshot = nbw.settled();
    for ((layout, member), times) in layouts.iter().zip(&members).zip(1..) {
        let row = group(&snapshot, &member.cgroup, "lo", "host");
        assert_eq!(row["name"], layout.name, "{row}");
        assert_eq!((&row["kind"], &row["runtime"]), (&layout.kind.into(), &layout.runtime), "{row}");
        assert_eq!((row["id"].as_u64(), Totals::of(row)), (Some(member.cgroup.id()), both(times * WIRE)), "{row}");
    }
    assert_sum_rule(&snapshot, "lo");
}

#[test]
fn a_container_with_sub_cgroups_is_one_row() {
    let netns = Netns::new();
    let own = format!("{}/libpod_parent/libpod-{ID}", unique("nbwt"));
    let [outer, inner, deeper] = ["", "/container", "/container/init.scope"]
        .map(|below| Member::new(&netns, Cgroup::at(&format!("{own}{below}"))));
    let mut nbw = Nbw::watch(&netns, "--interval 50ms -i lo");
    // The innermost first: the row is the container's whoever comes first.
    deeper.talk(5);
    inner.talk(20);
    let row = |snapshot: &Value| {
        let rows: Vec<Value> = rows(snapshot, &outer.cgroup.path).cloned().collect();
        assert_eq!(rows.len(), 1, "{rows:?}");
        rows[0].clone()
    };
    assert_eq!(Totals::of(&row(&nbw.settled())), both(25 * WIRE));
    outer.talk(100);
    let row = row(&nbw.settled());
    assert_eq!((row["path"].as_str(), row["id"].as_u64()), (Some(&*outer.cgroup.path), Some(outer.cgroup.id())));
    assert_eq!(Totals::of(&row), both(125 * WIRE));
}

/// Groups of one unique parent, for filters to choose from.
struct Choice {
    netns: Netns,
    parent: String,
    members: Vec<Member>,
}

impl Choice {
    fn new() -> Self {
        let (netns, parent) = (Netns::new(), unique("nbwt"));
        let docker = format!("system.slice/docker-{ID}.scope");
        let names = [
            "web",
            "web/front",
            "web/front/a",
            "webby",
            "docker/x",
            &docker,
            "system.slice/ssh.service",
            "lxc.payload.m",
        ];
        let members = names.map(|name| Member::new(&netns, Cgroup::at(&format!("{parent}/{name}"))));
        Self { netns, parent, members: members.into() }
    }

    /// The groups that nbw shows with these options, less the parent; `PARENT` stands for it in the options.
    fn chosen(&self, options: &str) -> BTreeSet<String> {
        let options = options.replace("PARENT", &self.parent);
        // Not by `ip netns exec`: that would hide where the hierarchy is mounted.
        let mut nbw = self.netns.enter(|| Nbw::watch_here(&format!("--interval 50ms {options}")));
        self.members.iter().for_each(|member| member.talk(1));
        let snapshot = nbw.settled();
        let all = snapshot["groups"].as_array().expect("groups").len();
        let parent = format!("/{}/", self.parent);
        let ours = rows(&snapshot, &parent).map(|row| row["path"].as_str().expect("a path")[parent.len()..].to_owned());
        let ours: BTreeSet<String> = ours.collect();
        assert_eq!(all, ours.len(), "nothing else is shown: {snapshot}");
        ours
    }
}

#[test]
fn filters_choose_groups() {
    let choice = Choice::new();
    let docker = format!("system.slice/docker-{ID}.scope");
    let mount = nbw::cgroup_root::CgroupRoot::find().expect("a hierarchy").mount_point().display().to_string();
    let cases: [(String, &[&str]); 13] = [
        ("-g /PARENT/web".into(), &["web", "web/front", "web/front/a"]),
        ("-g PARENT/web/front/".into(), &["web/front", "web/front/a"]),
        ("-g /PARENT/web*".into(), &["web", "web/front", "web/front/a", "webby"]),
        ("-g /PARENT/*/front".into(), &["web/front", "web/front/a"]),
        (format!("-g {mount}/PARENT/webby"), &["webby"]),
        ("-g /PARENT/webby -g /PARENT/docker".into(), &["webby", "docker/x"]),
        ("-g /PARENT -u ssh".into(), &["system.slice/ssh.service"]),
        ("-g /PARENT -u ssh.service -u nosuch".into(), &["system.slice/ssh.service"]),
        (format!("-g /PARENT -c {}", &ID[..5]), &[&docker]),
        ("-g /PARENT -c m".into(), &["lxc.payload.m"]),
        (format!("-g /PARENT -u docker-{ID}.scope -c {SHORT_ID}"), &[&docker]),
        ("-g /PARENT/web -u ssh".into(), &[]),
        ("-g /PARENT -c m -u ssh".into(), &[]),
    ];
    for (options, expected) in cases {
        let expected: BTreeSet<String> = expected.iter().map(|&path| path.to_owned()).collect();
        assert_eq!(choice.chosen(&options), expected, "{options}");
    }
}

#[test]
fn top_and_sort_are_obeyed() {
    let choice = Choice::new();
    let mut nbw = Nbw::watch(&choice.netns, &format!("--interval 50ms --top 3 --sort name -g /{}", choice.parent));
    choice.members.iter().for_each(|member| member.talk(1));
    let snapshot = nbw.settled();
    let names: Vec<&str> = rows(&snapshot, "/").map(|row| row["name"].as_str().expect("a name")).collect();
    assert_eq!(names, [SHORT_ID, "a", "front"]);
}
