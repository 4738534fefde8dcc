//! Which events actions are told of, and when: at the beginning, when its severity changes, and at the end. What changes besides
//! is in history and in `nbw status`; nobody is paged for it.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

use nbw_detect::{Event, Severity};

use super::alert;
use crate::alert::{Alert, Change, Ended, Notice};

/// What the configuration says of telling.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wish {
    /// Names of the actions that are told; empty for all.
    pub actions: Vec<Arc<str>>,
    /// What is less bad is not told.
    pub least: Severity,
}

impl Default for Wish {
    /// All actions, of all that somebody should look at.
    fn default() -> Self {
        Self { actions: Vec::new(), least: Severity::Warning }
    }
}

/// Makes notices of events.
#[derive(Debug)]
pub struct Deliver {
    wish: Wish,
    /// The alerts that were told and have not ended, by their ids.
    told: HashMap<Arc<str>, Alert>,
}

impl Deliver {
    /// Nothing was told yet.
    pub fn new(wish: Wish) -> Self {
        Self { wish, told: HashMap::new() }
    }

    /// What is to be told of these events.
    pub fn take(&mut self, events: &[Event]) -> Vec<Notice> {
        events.iter().flat_map(|event| self.hear(event)).collect()
    }

    /// All that was told and goes on.
    pub fn firing(&self) -> Vec<Notice> {
        self.told.values().map(|alert| self.notice(Change::Repeated, alert.clone())).collect()
    }

    /// From now on others are told. To those of before all is over: the events go on for those of now.
    pub fn replace(&mut self, wish: Wish) -> Vec<Notice> {
        let told = if wish == self.wish { Vec::new() } else { self.end() };
        self.wish = wish;
        told
    }

    /// Nothing is looked at any more: what was told to begin is told to end.
    pub fn end(&mut self) -> Vec<Notice> {
        let told = std::mem::take(&mut self.told);
        told.into_values().map(|alert| self.notice(Change::Resolved, given_up(alert))).collect()
    }

    /// What is told of events that another one has left going on, and nobody looks at any more.
    pub fn left(&self, events: &[Event]) -> Vec<Notice> {
        let told = events.iter().filter(|event| event.ongoing && event.severity >= self.wish.least);
        told.map(|event| self.notice(Change::Resolved, given_up(alert(event)))).collect()
    }

    /// Who is told of what.
    pub fn wish(&self) -> &Wish {
        &self.wish
    }

    fn hear(&mut self, event: &Event) -> Vec<Notice> {
        let now = alert(event);
        let before = self.told.get(&now.id).map(|told| (told.severity, told.clone()));
        if !event.ongoing {
            return self.ended(event, now, before.map(|(_, told)| told));
        }
        match before {
            None if event.severity < self.wish.least => Vec::new(),
            None => vec![self.begins(now, Change::Firing)],
            Some((severity, _)) if severity != now.severity => vec![self.begins(now, Change::Severity)],
            Some((_, told)) => {
                self.told.insert(Arc::clone(&now.id), same(now, told));
                Vec::new()
            }
        }
    }

    fn begins(&mut self, alert: Alert, change: Change) -> Notice {
        self.told.insert(Arc::clone(&alert.id), alert.clone());
        self.notice(change, alert)
    }

    /// One that was over before anybody heard of it has begun all the same.
    fn ended(&mut self, event: &Event, now: Alert, told: Option<Alert>) -> Vec<Notice> {
        let Some(told) = told else {
            if event.severity < self.wish.least {
                return Vec::new();
            }
            let begun = alert(&Event { ongoing: true, ..event.clone() });
            return vec![self.notice(Change::Firing, begun), self.notice(Change::Resolved, now)];
        };
        self.told.remove(&now.id);
        vec![self.notice(Change::Resolved, same(now, told))]
    }

    fn notice(&self, change: Change, alert: Alert) -> Notice {
        Notice { change, alert, actions: self.wish.actions.clone(), labels: BTreeMap::new() }
    }
}

/// To receivers that know an alert by its labels it has to be the one that they were told of.
fn same(now: Alert, told: Alert) -> Alert {
    Alert { name: told.name, rule: told.rule, subject: told.subject, severity: told.severity, ..now }
}

/// The end of what nobody looks at any more.
fn given_up(alert: Alert) -> Alert {
    let now = jiff::Timestamp::now();
    let summary = format!("{}: it is not looked for any more", alert.summary).into();
    let (state, ended) = (crate::alert::State::Resolved, Some(Ended::Removed));
    Alert { state, ended, resolved: Some(now), summary, ..alert }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        alert::State,
        detection::fixture::{flood, leak, over, scan},
    };

    fn deliver(least: Severity) -> Deliver {
        Deliver::new(Wish { actions: vec!["ops".into()], least })
    }

    fn told(notices: &[Notice]) -> Vec<(&str, Change)> {
        notices.iter().map(|notice| (&*notice.alert.name, notice.change)).collect()
    }

    #[test]
    fn a_beginning_and_an_end_are_told_and_what_is_between_is_not() {
        let mut deliver = deliver(Severity::Warning);
        let begun = deliver.take(&[flood()]);
        assert_eq!(told(&begun), [("syn-flood", Change::Firing)]);
        assert_eq!(begun[0].actions, ["ops".into()]);
        let other = Event { sources: vec!["192.0.2.1".into()], source_count: 9, ..flood() };
        assert!(deliver.take(std::slice::from_ref(&other)).is_empty());
        let ended = deliver.take(&[over(other)]);
        assert_eq!(told(&ended), [("syn-flood", Change::Resolved)]);
        assert_eq!(ended[0].alert.state, State::Resolved);
        assert_eq!(ended[0].alert.subject, begun[0].alert.subject, "labels are the same");
        assert!(ended[0].alert.summary.contains("from 9 sources"), "{}", ended[0].alert.summary);
        assert!(deliver.firing().is_empty());
    }

    #[test]
    fn what_is_not_bad_enough_is_told_when_it_has_become_so() {
        let mut deliver = deliver(Severity::Warning);
        assert!(deliver.take(&[leak(), over(leak())]).is_empty());
        let worse = Event { severity: Severity::Warning, ..leak() };
        assert_eq!(told(&deliver.take(&[leak(), worse])), [("exfiltration", Change::Firing)]);
        let worst = Event { severity: Severity::Critical, signature: "worse".into(), ..leak() };
        let notices = deliver.take(&[worst]);
        assert_eq!(told(&notices), [("exfiltration", Change::Severity)]);
        assert_eq!(&*notices[0].alert.rule, "signature worse");
        assert_eq!(self::deliver(Severity::Info).take(&[leak()]).len(), 1, "where it is asked for");
    }

    #[test]
    fn one_that_is_over_when_it_is_heard_of_has_begun_and_ended() {
        let notices = deliver(Severity::Warning).take(&[over(scan())]);
        assert_eq!(told(&notices), [("port-scan", Change::Firing), ("port-scan", Change::Resolved)]);
        assert_eq!((notices[0].alert.state, notices[1].alert.state), (State::Firing, State::Resolved));
    }

    #[test]
    fn when_nothing_is_looked_for_any_more_all_has_ended() {
        let mut deliver = deliver(Severity::Warning);
        deliver.take(&[flood()]);
        let wish = deliver.wish.clone();
        assert!(deliver.replace(wish).is_empty(), "nothing has changed");
        assert_eq!(told(&deliver.firing()), [("syn-flood", Change::Repeated)]);
        let notices = deliver.end();
        assert_eq!(told(&notices), [("syn-flood", Change::Resolved)]);
        assert_eq!((notices[0].alert.ended, notices[0].alert.state), (Some(Ended::Removed), State::Resolved));
        assert!(deliver.end().is_empty());
    }

    #[test]
    fn others_who_are_to_be_told_are_told_that_it_fires() {
        let mut deliver = deliver(Severity::Warning);
        deliver.take(&[flood()]);
        let wish = Wish { actions: vec!["pager".into()], least: Severity::Warning };
        assert_eq!(deliver.replace(wish)[0].actions, ["ops".into()]);
        let again = deliver.take(&[flood()]);
        assert_eq!((told(&again), again[0].actions[0].as_ref()), (vec![("syn-flood", Change::Firing)], "pager"));
    }
}
