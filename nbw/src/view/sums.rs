//! Rows that sum groups up: containers, pods, units.

use std::{
    collections::{BTreeSet, HashMap},
    hash::Hash,
    rc::Rc,
    sync::Arc,
    time::Duration,
};

use super::{Scene, View, located::Located};
use crate::{
    groupings::Groupings,
    ledger::Place,
    rate::{Totals, counted},
    resolve::{
        cgroups::Cgroup,
        identity::{Manager, UnitKind},
        runtimes::PodInfo,
    },
    snapshot::{Container, Flow, GroupKind, Pod, Through, Unit},
};

/// The sum of several groups.
struct Sum<'a> {
    /// The cgroups.
    cgroups: Vec<&'a Rc<Cgroup>>,
    places: BTreeSet<Place>,
    now: Totals,
    before: Totals,
}

impl Sum<'_> {
    fn flows(&self, elapsed: Duration) -> (Flow, Flow) {
        flows(self.before, self.now, elapsed)
    }
}

/// Both directions of what was moved between two readings.
pub(super) fn flows(before: Totals, now: Totals, elapsed: Duration) -> (Flow, Flow) {
    (counted(before.rx, now.rx, elapsed), counted(before.tx, now.tx, elapsed))
}

impl View {
    /// The groups that are asked for, summed up by `key`; those without are left out.
    fn summed<'a, K: Eq + Hash>(
        &self,
        scene: &Scene<'a>,
        key: impl Fn(&'a Rc<Cgroup>) -> Option<K>,
    ) -> HashMap<K, Sum<'a>> {
        let mut sums = HashMap::new();
        for (group, cgroup, moved) in scene.groupings.into_iter().flat_map(Groupings::iter) {
            let Some(key) = key(cgroup).filter(|_| self.wants(cgroup, group.place, scene)) else { continue };
            let nothing = Totals::default();
            let new = || Sum { cgroups: Vec::new(), places: BTreeSet::new(), now: nothing, before: nothing };
            let sum = sums.entry(key).or_insert_with(new);
            sum.cgroups.push(cgroup);
            sum.places.insert(group.place);
            sum.now += moved.now;
            sum.before += moved.before;
        }
        sums
    }

    /// Containers.
    pub(super) fn containers(&self, scene: &Scene<'_>) -> Vec<Container> {
        let sums = self.summed(scene, |cgroup| Some(cgroup.identity.container.as_ref()?.path.as_str()));
        sums.into_values().filter_map(|sum| self.container(scene, &sum)).collect()
    }

    fn container(&self, scene: &Scene<'_>, sum: &Sum<'_>) -> Option<Container> {
        let cgroup = sum.cgroups.first()?;
        let own = cgroup.identity.container.as_ref()?;
        let info = scene.around.runtimes.container(own);
        let pod = scene.pod(cgroup);
        let (name, runtime) = scene.called(cgroup);
        let (rx, tx) = sum.flows(scene.elapsed);
        Some(Container {
            name,
            id: info.as_ref().map_or_else(|| own.id.as_str().into(), |info| Arc::clone(&info.id)),
            runtime,
            image: info.as_ref().and_then(|info| info.image.clone()),
            namespace: pod.as_ref().and_then(|pod| pod.namespace.clone()),
            pod: pod.map(|pod| pod.name),
            labels: info.map(|info| Arc::clone(&info.labels)).unwrap_or_default(),
            path: Arc::clone(&cgroup.row_path),
            interfaces: sum.places.iter().map(|&place| through(self.locate(place, scene))).collect(),
            rx,
            tx,
        })
    }

    /// Pods.
    pub(super) fn pods(&self, scene: &Scene<'_>) -> Vec<Pod> {
        let sums = self.summed(scene, |cgroup| scene.pod_id(cgroup));
        sums.into_iter().filter_map(|(uid, sum)| pod(scene, uid, &sum)).collect()
    }

    /// systemd units.
    pub(super) fn units(&mut self, scene: &Scene<'_>) -> Vec<Unit> {
        let sums = self.summed(scene, |cgroup| Some(cgroup.unit.as_ref()?.path.as_str()));
        sums.into_values().filter_map(|sum| self.unit(scene, &sum)).collect()
    }

    fn unit(&mut self, scene: &Scene<'_>, sum: &Sum<'_>) -> Option<Unit> {
        let unit = sum.cgroups.first()?.unit.as_ref()?;
        let (rx, tx) = sum.flows(scene.elapsed);
        Some(Unit {
            name: unit.name.as_str().into(),
            kind: match unit.kind {
                UnitKind::Scope => GroupKind::Scope,
                UnitKind::Slice => GroupKind::Slice,
                UnitKind::Session => GroupKind::Session,
                UnitKind::Service | UnitKind::Socket | UnitKind::Mount | UnitKind::Swap => GroupKind::Service,
            },
            user: match &unit.manager {
                Manager::System => None,
                Manager::User(uid) => Some(self.users.name(*uid)),
                Manager::Capsule(name) => Some(name.as_str().into()),
            },
            path: unit.path.as_str().into(),
            rx,
            tx,
        })
    }
}

fn pod(scene: &Scene<'_>, uid: Arc<str>, sum: &Sum<'_>) -> Option<Pod> {
    let info = sum.cgroups.iter().find_map(|cgroup| scene.pod(cgroup));
    let containers: BTreeSet<Arc<str>> = sum
        .cgroups
        .iter()
        .filter(|cgroup| cgroup.identity.container.is_some())
        .map(|cgroup| scene.called(cgroup).0)
        .collect();
    let (rx, tx) = sum.flows(scene.elapsed);
    Some(Pod {
        name: info.as_ref().map_or_else(|| Arc::clone(&uid), |info| Arc::clone(&info.name)),
        namespace: info.and_then(|info| info.namespace),
        uid,
        runtime: sum.cgroups.iter().find_map(|cgroup| scene.called(cgroup).1),
        containers: containers.into_iter().collect(),
        rx,
        tx,
    })
}

fn through(located: Located) -> Through {
    Through { name: located.interface, netns: located.netns, peer: located.peer }
}

impl Scene<'_> {
    /// What is known of the pod that a cgroup belongs to.
    fn pod(&self, cgroup: &Cgroup) -> Option<PodInfo> {
        let runtimes = &self.around.runtimes;
        let of_container =
            cgroup.identity.container.as_ref().and_then(|own| runtimes.container(own)).and_then(|own| own.pod.clone());
        of_container.or_else(|| runtimes.pod(&cgroup.identity).map(|pod| (*pod).clone()))
    }

    /// What tells a pod from others: its uid, from the path or the runtime.
    fn pod_id(&self, cgroup: &Cgroup) -> Option<Arc<str>> {
        let named = |pod: &PodInfo| format!("{}/{}", pod.namespace.as_deref().unwrap_or_default(), pod.name).into();
        let told = || self.pod(cgroup).map(|pod| pod.uid.clone().unwrap_or_else(|| named(&pod)));
        cgroup.identity.pod.as_deref().map(Arc::from).or_else(told)
    }
}
