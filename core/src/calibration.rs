//! From the machine that a phase was fitted on to the device it is predicted for.

/// `device_s = offset_s + scale * fitted_s`.
///
/// Kept beside the polynomial rather than folded into it, so that a device can be calibrated again without a new fit.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "encode", derive(serde::Serialize))]
pub struct Calibration {
    /// Device seconds per second of the machine that was fitted.
    pub scale: f32,
    /// Device seconds that every request pays on top.
    pub offset_s: f32,
}

impl Calibration {
    /// The calibration of a phase that was fitted on the device itself.
    pub const IDENTITY: Self = Self { scale: 1.0, offset_s: 0.0 };

    /// Device seconds for seconds of the machine that was fitted.
    pub fn apply(&self, fitted_s: f32) -> f32 {
        self.offset_s + self.scale * fitted_s
    }
}
