//! The figures of power: a mark per row with energy, and the mean power that the profile predicts as lines.

mod common;

use common::Folder;
use roxmltree::Document;
use token2metrics_core::PowerCurve;
use token2metrics_trainer::plot::{Figure, figures};
use token2metrics_trainer::train::Trained;

/// Twenty requests, the last without joules: prefill at 10 W, decode at 20 W.
fn trained() -> Trained {
    let mut rows = "input_tokens,output_tokens,prefill_s,decode_s,prefill_energy_j,decode_energy_j\n".to_owned();
    for n in 1..=20_u32 {
        let (prefill_s, decode_s) = (0.1 * f64::from(n), 0.2 * f64::from(n + 1));
        let joules = if n == 20 { ",".to_owned() } else { format!("{},{}", 10.0 * prefill_s, 20.0 * decode_s) };
        rows += &format!("{n},{},{prefill_s},{decode_s},{joules}\n", n + 2);
    }
    let folder = Folder::new();
    std::fs::write(folder.path("rows.csv"), rows).expect("a writable folder");
    let linear = "[prefill]\ntype = \"linear\"\n[decode]\ntype = \"linear\"\n[energy]\nprefill = \"constant\"\ndecode = \"constant\"\n";
    folder.train(&format!("[device]\nname = \"d\"\ndata = [\"rows.csv\"]\n{linear}"))
}

fn power(trained: &Trained) -> Vec<Figure> {
    let figures = figures(&trained.profile, &trained.rows).expect("figures");
    figures.into_iter().filter(|figure| figure.name.ends_with("_power")).collect()
}

/// The marks of the rows, and the lines but those of the axes.
fn drawn(figure: &Figure) -> (usize, usize) {
    let svg = Document::parse(&figure.svg).expect("sound XML");
    let count = |name: &str| svg.descendants().filter(|node| node.has_tag_name(name)).count();
    let lines = svg.descendants().filter(|node| node.attribute("points").is_some_and(|points| points.len() > 1000));
    // The legend has a mark of its own.
    (count("circle") - 1, lines.count())
}

#[test]
fn a_mark_per_row_with_energy_and_a_line() {
    let trained = trained();
    let figures = power(&trained);
    assert_eq!(figures.iter().map(|figure| figure.name).collect::<Vec<_>>(), ["prefill_power", "decode_power"]);
    for figure in &figures {
        assert_eq!(drawn(figure), (19, 1), "{}", figure.name);
        assert!(figure.caption.ends_with("_s. 19 device rows."), "{}", figure.caption);
    }
}

#[test]
fn a_device_that_wakes_has_a_line_per_begin_of_decode() {
    let mut trained = trained();
    trained.profile.power.decode =
        PowerCurve::Wake { idle_w: 5.0, wake_s: 1.0, steady_w: 20.0, deficit_w: 4.0, tau_s: 2.0 };
    assert_eq!(
        power(&trained).iter().map(drawn).map(|(_, lines)| lines).max(),
        Some(1),
        "dashes are lines of their own"
    );
    let svg = &power(&trained)[1].svg;
    for begin in ["1.00", "1.90", "0.10"] {
        assert!(svg.contains(&format!("begun after {begin} s")), "{begin}");
    }
}

#[test]
fn without_a_curve_there_is_no_figure() {
    let mut trained = trained();
    trained.profile.power.decode = PowerCurve::Unknown;
    assert_eq!(power(&trained).len(), 1);
    trained.rows.device.rows.iter_mut().for_each(|row| row.prefill_energy_j = None);
    let figures = power(&trained);
    assert_eq!(figures.len(), 1);
    assert!(figures[0].caption.ends_with("No measured row.") && !figures[0].svg.contains("<circle"), "the line alone");
}
