//! The netns lab, traffic makers and oracles of the privileged tests.
