//! What a study says of time.

/// Scenarios become paths of epochs.
#[derive(Debug, Clone, PartialEq)]
pub struct Time {
    /// Epochs of a path.
    pub epochs: u32,
    /// Length of an epoch, days.
    pub epoch_days: f64,
    /// Paths to draw.
    pub paths: u64,
    /// Days after which it is drawn anew who colludes.
    pub redraw_days: f64,
    /// Relative change of stake a year for each relative difference of its yield from today's (a logarithm for a logarithm).
    pub stake_elasticity: f64,
    /// Whether attacks that pay are carried out, accidents slash, and both leave their mark.
    pub contagion: bool,
    /// Epochs that an attacker waits at most while its gain grows.
    pub wait_epochs: u32,
    /// Share of the stake behind an attacked service that leaves at once.
    pub flight: f64,
    /// How use follows security; off without it.
    pub flywheel: Option<Flywheel>,
    /// Epochs after which operators that may choose reconsider; 0: never.
    pub reconsider_epochs: u32,
    /// Whole paths that are written.
    pub sample: u32,
}

/// Use of a service as a function of its security, against today's: `use = min(ceiling, security^elasticity)`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Flywheel {
    /// What use follows.
    pub on: On,
    /// Elasticity of use.
    pub elasticity: f64,
    /// Most use, against today's.
    pub ceiling: f64,
    /// Use today against what security would support: the push that starts the wheel.
    pub push: f64,
}

/// What the use of a service follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum On {
    /// Value of the stake behind it.
    Stake,
    /// Its security margin: cost of corruption over profit, less 1.
    Margin,
}

impl Time {
    /// Whether anything that happens on a path changes what follows.
    pub fn has_feedback(&self) -> bool {
        self.stake_elasticity > 0.0 || self.contagion || self.flywheel.is_some()
    }
}
