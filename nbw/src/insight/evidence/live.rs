//! What was watched, as the history would answer.

use std::{
    collections::{BTreeMap, HashMap},
    net::IpAddr,
    sync::Arc,
    time::Duration,
};

use jiff::Timestamp;

use super::{Talk, unattributed_key};
use crate::{
    history::{
        Kind, Moved, Subject,
        query::{Answer, Part, Point, Series, Whole},
    },
    insight::stats::percentile,
    snapshot::{Connection, Flow, Group, GroupKind, HOST_NETNS, Snapshot},
    totals,
};

/// No more connections of groups with remote ports are told apart.
const MOST_TALKS: usize = 65_536;

/// Takes snapshots, and becomes answers.
#[derive(Debug, Default)]
pub struct Watched {
    parts: Vec<Part>,
    /// All that was read, each reading with its own length.
    read: Duration,
    series: BTreeMap<Subject, Vec<Point>>,
    talks: HashMap<(Arc<str>, IpAddr, u16, Arc<str>), Talk>,
}

impl Watched {
    /// Takes one.
    pub fn take(&mut self, snapshot: &Snapshot) {
        let end = snapshot.time;
        let start = self.parts.last().map_or_else(|| end - snapshot.elapsed, |part| part.end).min(end);
        // Rounded one by one, readings that are a little late would make the whole too short.
        let before = self.read.as_secs_f64().round();
        self.read += snapshot.elapsed;
        let seconds = self.read.as_secs_f64().round() - before;
        self.parts.push(Part { start, end, recorded_seconds: seconds as u32, sample_seconds: 1 });
        let (rx, tx) = totals::host_total(snapshot);
        self.add(Kind::Host, "", "host", rx, tx);
        for interface in &snapshot.interfaces {
            self.add(Kind::Interface, &interface.name, &interface.name, interface.rx, interface.tx);
        }
        let containers: Vec<&Group> =
            snapshot.groups.iter().filter(|group| group.kind == GroupKind::Container).collect();
        for group in snapshot.groups.iter().filter(|group| is_outside(group)) {
            if let Some(container) = containers.iter().find(|container| is_in(&group.path, container)) {
                self.add(Kind::Container, &container.path, &container.name, group.rx, group.tx);
            }
            match group.kind {
                GroupKind::Unattributed if &*group.name == "unattributed" => {
                    self.add(Kind::Group, &unattributed_key(&group.interface), &group.name, group.rx, group.tx);
                }
                GroupKind::Unattributed => {}
                _ => self.add(Kind::Group, &group.path, &group.name, group.rx, group.tx),
            }
        }
        for connection in snapshot.rows.connections.iter().flatten() {
            self.talk(connection, containers.iter().any(|container| is_in(&connection.group, container)));
        }
    }

    fn add(&mut self, kind: Kind, key: &str, name: &str, rx: Flow, tx: Flow) {
        let subject = Subject { kind, key: key.into(), name: name.into() };
        let points = self.series.entry(subject).or_default();
        points.resize(self.parts.len(), Point::default());
        let Some(point) = points.last_mut() else { return };
        for (side, p95, flow) in [(&mut point.rx, &mut point.rx_p95, rx), (&mut point.tx, &mut point.tx_p95, tx)] {
            side.bytes += flow.bytes.max(0).cast_unsigned();
            side.packets += flow.packets.max(0).cast_unsigned();
            side.peak += flow.bytes_per_second;
            *p95 = side.peak;
        }
    }

    fn talk(&mut self, connection: &Connection, container: bool) {
        let Some(remote) = connection.remote.address else { return };
        let end = (Arc::clone(&connection.group), remote, connection.remote.port, Arc::clone(&connection.protocol));
        if self.talks.len() >= MOST_TALKS && !self.talks.contains_key(&end) {
            return;
        }
        let talk = self.talks.entry(end).or_insert_with(|| Talk {
            who: Arc::clone(&connection.group_name),
            container,
            remote,
            port: connection.remote.port,
            protocol: Arc::clone(&connection.protocol),
            bytes: 0,
            sent: 0,
        });
        talk.bytes += (connection.rx.bytes.max(0) + connection.tx.bytes.max(0)).cast_unsigned();
        talk.sent += connection.tx.packets.max(0).cast_unsigned();
    }

    /// When it began and ended; none if nothing was taken.
    pub fn span(&self) -> Option<(Timestamp, Timestamp)> {
        Some((self.parts.first()?.start, self.parts.last()?.end))
    }

    /// What was moved, by kind, and who talked to whom.
    pub fn into_answers(self) -> (HashMap<Kind, Answer>, Vec<Talk>) {
        let mut answers: HashMap<Kind, Answer> = HashMap::new();
        for (subject, mut points) in self.series {
            points.resize(self.parts.len(), Point::default());
            let answer = answers.entry(subject.kind).or_insert_with(|| Answer {
                parts: self.parts.clone(),
                series: Vec::new(),
                whole: Vec::new(),
                sample_seconds: 1,
            });
            answer.whole.push(whole(&self.parts, &points));
            answer.series.push(Series { subject, points });
        }
        (answers, self.talks.into_values().collect())
    }
}

/// What goes through this host's interfaces to somewhere else: not through `lo`, nor between other network namespaces.
fn is_outside(group: &Group) -> bool {
    let here = &*group.netns == HOST_NETNS && &*group.interface != "lo";
    here || group.peer.is_some() || group.parent.is_some()
}

/// Whether a cgroup is that of a container, or below it.
fn is_in(path: &str, container: &Group) -> bool {
    path.strip_prefix(&*container.path).is_some_and(|below| below.is_empty() || below.starts_with('/'))
}

/// All parts together.
pub(crate) fn whole(parts: &[Part], points: &[Point]) -> Whole {
    let side = |of: &dyn Fn(&Point) -> Moved| {
        let moved = points.iter().map(of).fold(Moved::default(), |sum, moved| Moved {
            bytes: sum.bytes + moved.bytes,
            packets: sum.packets + moved.packets,
            peak: sum.peak.max(moved.peak),
        });
        let at = points.iter().position(|point| of(point).peak >= moved.peak).map(|at| parts[at].start);
        (moved, at.filter(|_| moved.peak > 0.0))
    };
    let p95 = |of: fn(&Point) -> f64| percentile(points.iter().map(of).collect(), 0.95);
    let ((rx, rx_peak_at), (tx, tx_peak_at)) = (side(&|point| point.rx), side(&|point| point.tx));
    Whole { rx, tx, rx_peak_at, tx_peak_at, rx_p95: p95(|point| point.rx_p95), tx_p95: p95(|point| point.tx_p95) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sink::fixture;

    #[test]
    fn snapshots_become_answers_that_have_all_of_their_bytes() {
        let (first, second) = (fixture::snapshot(), fixture::later());
        let mut watched = Watched::default();
        watched.take(&first);
        watched.take(&second);
        let expected: i64 =
            [&first, &second].iter().flat_map(|snapshot| &snapshot.interfaces).map(|row| row.rx.bytes).sum();
        let (answers, _) = watched.into_answers();
        let interfaces = &answers[&Kind::Interface];
        assert_eq!(interfaces.parts.len(), 2);
        assert!(interfaces.series.iter().all(|series| series.points.len() == 2));
        let bytes: u64 = interfaces.whole.iter().map(|whole| whole.rx.bytes).sum();
        assert_eq!(bytes, expected.cast_unsigned());
        let names = |kind| answers[&kind].series.iter().map(|series| &*series.subject.key).collect::<Vec<_>>();
        assert!(names(Kind::Group).contains(&"unattributed eth0"), "{:?}", names(Kind::Group));
    }

    #[test]
    fn readings_that_are_late_make_the_whole_no_shorter() {
        let late = Snapshot { elapsed: Duration::from_millis(1_300), ..fixture::snapshot() };
        let mut watched = Watched::default();
        (0..10).for_each(|_| watched.take(&late));
        let (answers, _) = watched.into_answers();
        let seconds: u32 = answers[&Kind::Interface].parts.iter().map(|part| part.recorded_seconds).sum();
        assert_eq!(seconds, 13);
    }

    #[test]
    fn what_is_in_a_container_is_the_container_s() {
        let mut snapshot = fixture::snapshot();
        let mut container = snapshot.groups[0].clone();
        (container.kind, container.path, container.name) = (GroupKind::Container, "/docker/ab".into(), "web".into());
        (container.netns, container.interface) = (HOST_NETNS.into(), "eth0".into());
        let rx = Flow { bytes: 1_000, packets: 1, ..Flow::default() };
        let other = |path: &str| Group { path: path.into(), kind: GroupKind::Cgroup, rx, ..container.clone() };
        snapshot.groups =
            vec![Group { rx, ..container.clone() }, other("/docker/ab/init.scope"), other("/docker/abc"), other("/")];
        let mut watched = Watched::default();
        watched.take(&snapshot);
        let (answers, _) = watched.into_answers();
        let containers = &answers[&Kind::Container];
        assert_eq!((containers.whole.len(), containers.whole[0].rx.bytes), (1, 2_000));
        assert_eq!(&*containers.series[0].subject.name, "web");
    }

    #[test]
    fn talks_are_summed_up_by_remote_port() {
        let mut watched = Watched::default();
        let snapshot = fixture::with_rows();
        watched.take(&snapshot);
        watched.take(&snapshot);
        let (_, talks) = watched.into_answers();
        let https = talks.iter().find(|talk| talk.port == 443).expect("a connection to 443");
        assert!(https.bytes > 0);
    }
}
