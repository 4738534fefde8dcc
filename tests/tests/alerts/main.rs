//! Alerts of `nbw watch` and `nbw top`: what fires and what does not, by rates that others made, and how people see it.

mod gone;
mod rates;
mod screens;
mod story;
mod usage;
mod words;
