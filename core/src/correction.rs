//! What has been seen of a device since its profile was made, as a prediction takes it.

/// Factors on the times of a profile, and what they do to its bands.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Correction {
    /// Observed / predicted `prefill_s`.
    pub(crate) prefill: f32,
    /// Observed / predicted `decode_s`.
    pub(crate) decode: f32,
    /// How wide the bands are now; `None` leaves those of the profile as they are.
    pub(crate) widths: Option<Widths>,
}

/// Factors on the widths of the bands.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Widths {
    pub(crate) prefill: f32,
    pub(crate) decode: f32,
    pub(crate) total: f32,
}

impl Correction {
    /// The profile as it is.
    pub const NONE: Self = Self { prefill: 1.0, decode: 1.0, widths: None };
}
