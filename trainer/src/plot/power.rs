//! Power: the mean watts of a phase against its seconds.

use super::axis::{Scale, Side};
use super::chart::{Chart, Layer};
use super::marks::Marks;
use super::shape::Shape;
use super::{Figure, PlotError, Point, title};
use crate::measurement::{Measurement, Phase, Spent};
use crate::train::Rows;
use token2metrics_core::{PowerCurve, Profile, Request, Span, Trained};

/// Places at which a curve is evaluated.
const PLACES: u32 = 400;

/// The rows with both the seconds and the joules of the phase. A device that wakes after the request makes the watts of decode depend on when it began:
/// there is a curve each for the median, the latest and the earliest begin.
pub(super) fn figure(phase: Phase, profile: &Profile, rows: &Rows) -> Result<Option<Figure>, PlotError> {
    let curve = match phase {
        Phase::Prefill => profile.power.prefill,
        Phase::Decode => profile.power.decode,
    };
    let prefill_s = |request: Request| {
        let prompt = Request { output_tokens: 1, ..request };
        profile.predict(prompt).map_or(0.0, |predicted| predicted.prefill_s.into())
    };
    let spent = |row: &Measurement| phase.spent(std::slice::from_ref(row), prefill_s).pop();
    let marks = Marks::new(rows, |row| spent(row).map(|spent| (spent.seconds, spent.joules / spent.seconds)));
    if curve == PowerCurve::Unknown {
        return Ok(None);
    }
    let measured: Vec<Spent> = rows.device.rows.iter().chain(&rows.holdout.rows).filter_map(spent).collect();
    // Without a row, requests as they were trained.
    let measured = if measured.is_empty() { trained(phase, profile) } else { measured };
    let Some([median, latest, earliest]) = begins(&measured) else { return Ok(None) };
    let wakes = matches!(curve, PowerCurve::Wake { .. });
    let others = wakes
        .then_some([(latest, Shape::Dashed), (earliest, Shape::Dotted)])
        .into_iter()
        .flatten()
        .filter(|(begin_s, _)| *begin_s != median);
    let mut layers = Vec::from_iter(marks.layers());
    let scale = Scale::of(&measured.iter().map(|spent| spent.seconds).collect::<Vec<_>>());
    let span = measured.iter().fold((f64::INFINITY, 0.0), |(least, greatest): Point, spent| {
        (least.min(spent.seconds), greatest.max(spent.seconds))
    });
    for (begin_s, shape) in [(median, Shape::Solid)].into_iter().chain(others) {
        let label = if wakes { format!("predicted, begun after {begin_s:.2} s") } else { "predicted".to_owned() };
        layers.push(Layer { label, shape, points: line(&curve, begin_s, span, scale) });
    }
    let label = format!("{phase}, s");
    let chart = Chart {
        title: title(&format!("{phase} power"), profile),
        x: Side { label: &label, scale, span: 0.0 },
        y: Side { label: "mean power, W", scale: Scale::Linear, span: 1.0 },
        layers,
    };
    let name = match phase {
        Phase::Prefill => "prefill_power",
        Phase::Decode => "decode_power",
    };
    let (joules, seconds) = (phase.energy_column(), phase.column());
    let caption =
        format!("Mean power, {joules} / {seconds}, by the length of {phase}, {seconds}. {}.", marks.caption());
    Ok(Some(Figure { name, phase, svg: chart.svg()?, caption }))
}

/// The mean watts of a curve over phases of these least to greatest seconds.
fn line(curve: &PowerCurve, begin_s: f64, (least, greatest): Point, scale: Scale) -> Vec<Point> {
    let place = |index: u32| {
        let share = f64::from(index) / f64::from(PLACES);
        match scale {
            Scale::Linear => least + share * (greatest - least),
            Scale::Logarithmic => least * (greatest / least).powf(share),
        }
    };
    let watts = |seconds: f64| {
        let joules = curve.energy_from_j(begin_s as f32, seconds as f32)?;
        Some((seconds, f64::from(joules) / seconds))
    };
    (0..=PLACES).map(place).filter_map(watts).collect()
}

/// The shortest, a middle and the longest request that was trained, as they are predicted.
fn trained(phase: Phase, profile: &Profile) -> Vec<Spent> {
    let Trained { input_tokens, output_tokens } = profile.trained;
    let middle = |Span { min, max }: Span| (f64::from(min) * f64::from(max)).sqrt() as u32;
    let requests = [
        (input_tokens.min, output_tokens.min),
        (middle(input_tokens), middle(output_tokens)),
        (input_tokens.max, output_tokens.max),
    ];
    let spent = |(input_tokens, output_tokens): (u32, u32)| {
        let request = Request { input_tokens, cached_tokens: 0, output_tokens: output_tokens.max(1) };
        let predicted = profile.predict(request).ok()?;
        let (prefill_s, decode_s) = (predicted.prefill_s.into(), predicted.decode_s.into());
        let (begin_s, seconds) = match phase {
            Phase::Prefill => (0.0, prefill_s),
            Phase::Decode => (prefill_s, decode_s),
        };
        (seconds > 0.0).then_some(Spent { line: 0, request, begin_s, seconds, joules: 0.0 })
    };
    requests.into_iter().filter_map(spent).collect()
}

/// The median, the latest and the earliest begin of the phase in some rows; `None` of none.
fn begins(spent: &[Spent]) -> Option<[f64; 3]> {
    let mut begins: Vec<f64> = spent.iter().map(|spent| spent.begin_s).collect();
    begins.sort_by(f64::total_cmp);
    let last = begins.len().checked_sub(1)?;
    Some([begins[last / 2], begins[last], begins[0]])
}
