use proptest::{collection::vec, prelude::*, sample::select};

use super::*;

const COMPONENTS: &str = r"
docker
docker-<A>.scope
<A>
<B>
libpod-<A>.scope
libpod-conmon-<B>.scope
libpod_parent
container
kubepods
podUID
kubepods-podUID_.slice
kubepods-podUID_.slice:cri-containerd:<B>
lxc
lxc.payload
lxc.payload.web
payload
machine.slice
machine-a\x2db.scope
systemd-nspawn@web.service
system.slice
ssh.service
session-1.scope
_cpu.service
user.slice
user-1000.slice
user@1000.service
user@0.service
capsule@a.service
app.slice
foo@a\x2db.service
.scope
-
:
\x
";

fn component() -> impl Strategy<Value = String> {
    let known: Vec<_> = COMPONENTS.lines().collect();
    prop_oneof![select(known).prop_map(fill), ".{0,10}"]
}

fn paths() -> impl Strategy<Value = String> {
    let joined = |names: Vec<String>| format!("/{}", names.join("/"));
    prop_oneof![vec(component(), 0..7).prop_map(joined), any::<String>()]
}

proptest! {
    #[test]
    fn a_containers_path_ends_at_a_component_of_the_path(path in paths()) {
        let identity = identify(&path);
        prop_assert_eq!(identity.container.is_some(), identity.kind == GroupKind::Container);
        if let Some(container) = &identity.container {
            let below = path.strip_prefix(&container.path);
            prop_assert!(below.is_some_and(|below| below.is_empty() || below.starts_with('/')));
            prop_assert!(!container.path.ends_with('/') && !container.id.is_empty());
            // The row that a sub-cgroup is folded into is that container's.
            prop_assert_eq!(identify(&container.path), identity);
        }
    }

    #[test]
    fn what_is_below_a_container_is_that_container(path in paths(), child in component()) {
        let identity = identify(&path);
        if identity.container.is_some() {
            prop_assert_eq!(identify(&format!("{path}/{child}")), identity);
        }
    }

    #[test]
    fn names_are_clean_and_units_agree(path in paths()) {
        let identity = identify(&path);
        let units: Vec<_> = units_of(&path, &identity).collect();
        prop_assert_eq!(units.last(), identity.unit.as_ref());
        let id = identity.container.as_ref().map(|container| &container.id);
        let names = [Some(&identity.name), id, identity.pod.as_ref(), identity.unit.as_ref()];
        for name in names.into_iter().flatten() {
            prop_assert!(!name.is_empty());
            prop_assert_eq!(text::clean(name), name.as_str());
        }
    }

    #[test]
    fn a_unit_is_a_beginning_of_the_path_and_its_own(path in paths()) {
        let identity = identify(&path);
        let unit = unit_of(&path, &identity);
        prop_assert_eq!(unit.as_ref().map(|unit| &unit.name), identity.unit.as_ref());
        let Some(unit) = unit else { return Ok(()) };
        let below = path.strip_prefix(&unit.path);
        prop_assert!(below.is_some_and(|below| below.is_empty() || below.starts_with('/')));
        prop_assert_eq!(unit.template.is_some(), unit.instance.is_some());
        for name in [Some(&unit.name), Some(&unit.slice), unit.template.as_ref(), unit.instance.as_ref()] {
            let Some(name) = name else { continue };
            prop_assert!(!name.is_empty());
            prop_assert_eq!(text::clean(name), name.as_str());
        }
        // A container's own cgroup can be below its unit's.
        let again = unit_of(&unit.path, &identify(&unit.path));
        prop_assert_eq!(again, Some(unit));
    }

    #[test]
    fn what_is_below_a_unit_that_manages_none_is_of_that_unit(path in paths(), child in component()) {
        let unit = unit_of(&path, &identify(&path));
        let Some(unit) = unit.filter(|unit| unit.kind != UnitKind::Slice) else { return Ok(()) };
        let manages = ["user@1000", "user@0", "capsule@a"].iter().any(|name| unit.path.contains(name));
        if !manages {
            let below = format!("{path}/{child}");
            prop_assert_eq!(unit_of(&below, &identify(&below)), Some(unit));
        }
    }

    #[test]
    fn only_the_users_own_manager_makes_units_the_users(path in paths()) {
        let Some(unit) = unit_of(&path, &identify(&path)) else { return Ok(()) };
        if let Manager::User(user) = unit.manager {
            prop_assert_eq!(unit.user, Some(user));
            let manager = format!("user@{user}.service/");
            prop_assert!(unit.path.contains(&manager));
        }
    }
}
