//! Answers to the control socket.

use std::time::Duration;

use tokio::sync::oneshot;

use super::run::Agent;
use crate::{
    alert::measure,
    control::{Answer, Asked, Averaging, LONGEST_INTERVAL, LONGEST_MEASUREMENT, LONGEST_RULE, Request, Why},
    rule::{Rule, Threshold},
    snapshot::Snapshot,
};

/// A measurement that somebody waits for.
#[derive(Debug)]
pub(super) struct Question {
    averaging: Averaging,
    reply: oneshot::Sender<Answer>,
}

impl Agent {
    /// Answers, now or when it is measured.
    pub(super) fn answer(&mut self, asked: Asked) {
        let Asked { request, reply } = asked;
        let answer = match request {
            Request::Status {} => Some(Answer::Status(Box::new(self.report()))),
            Request::Measure { rule, seconds } => match self.averaging(&rule, seconds) {
                Ok(averaging) => {
                    self.averaging.push(Question { averaging, reply });
                    return;
                }
                Err(refused) => Some(refused),
            },
        };
        // Whoever asked may have gone.
        let _ = answer.map(|answer| reply.send(answer));
    }

    fn averaging(&self, rule: &str, seconds: f64) -> Result<Averaging, Answer> {
        if rule.len() > LONGEST_RULE {
            return Err(Answer::refused(Why::Wrong, format!("a rule has at most {LONGEST_RULE} bytes")));
        }
        let rule: Rule = rule.parse().map_err(|error| Answer::refused(Why::Wrong, format!("{error}")))?;
        if !(0.0..=LONGEST_MEASUREMENT).contains(&seconds) {
            return Err(Answer::refused(Why::Wrong, format!("a measurement takes 0 to {LONGEST_MEASUREMENT} seconds")));
        }
        self.can_tell(&rule).map_err(|why| Answer::refused(Why::NotCounted, why))?;
        Ok(Averaging::new(rule, Duration::from_secs_f64(seconds)))
    }

    /// Whether the agent's snapshots have what the rule is about.
    fn can_tell(&self, rule: &Rule) -> Result<(), String> {
        if measure::needs(&rule.target).is_some_and(|by| !self.attachment.by.contains(&by)) {
            return Err(format!(
                "the agent does not count by {}: no rule of its configuration is about that",
                rule.target.scope.word()
            ));
        }
        if self.config.settings.filter != Default::default() {
            return Err("the agent counts only some of what there is: its configuration has a filter".into());
        }
        if self.pace.interval() > LONGEST_INTERVAL {
            return Err(format!("the agent reads the counters only every {:?}", self.pace.interval()));
        }
        let remembers = matches!(rule.condition.threshold, Threshold::Volume { .. } | Threshold::Usual(_));
        if remembers && !self.config.alerts.iter().any(|alert| alert.rule.text == rule.text) {
            return Err(
                "the agent remembers volumes, and what is usual, only for the rules of its configuration".into()
            );
        }
        Ok(())
    }

    /// Goes on with what is being measured.
    pub(super) fn proceed(&mut self, snapshot: &Snapshot) {
        let questions = std::mem::take(&mut self.averaging);
        for mut question in questions.into_iter().filter(|question| !question.reply.is_closed()) {
            match question.averaging.take(snapshot, &self.engine) {
                Some(measured) => drop(question.reply.send(Answer::Measured(measured))),
                None => self.averaging.push(question),
            }
        }
    }
}
