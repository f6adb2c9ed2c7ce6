//! `ExportMetricsServiceRequest` in protobuf.

use super::protobuf::{self, attribute};
use super::wire::Message;
use crate::metrics::{Point, Sample, Shape};

/// Counts since the beginning.
const CUMULATIVE: u64 = 2;

pub(super) fn request(about: &[(String, String)], times: (u64, u64), samples: &[Sample]) -> Vec<u8> {
    protobuf::request(about, |scoped| {
        samples.iter().for_each(|sample| scoped.message(2, |message| write(message, times, sample)));
    })
}

fn write(message: &mut Message, times: (u64, u64), sample: &Sample) {
    let metric = sample.metric;
    message.text(1, metric.name);
    message.text(2, metric.help);
    message.text(3, metric.unit);
    let (field, counts) = match metric.shape {
        Shape::Gauge => (5, false),
        Shape::Counter => (7, true),
        Shape::Histogram(_) => (9, true),
    };
    message.message(field, |data| {
        for (labels, point) in &sample.points {
            data.message(1, |message| write_point(message, times, sample, labels, point));
        }
        if counts {
            data.varint(2, CUMULATIVE);
        }
        if matches!(metric.shape, Shape::Counter) {
            data.varint(3, 1);
        }
    });
}

fn write_point(message: &mut Message, times: (u64, u64), sample: &Sample, labels: &[String], point: &Point) {
    let (began_us, now_us) = times;
    message.fixed64(2, began_us * 1_000);
    message.fixed64(3, now_us * 1_000);
    let attributes = match point {
        Point::Number(number) => {
            message.fixed64_always(4, number.to_bits());
            7
        }
        Point::Buckets { counts, sum } => {
            message.fixed64(4, counts.iter().sum());
            message.fixed64_always(5, sum.to_bits());
            message.packed(6, counts.iter().copied());
            message.packed(7, sample.metric.bounds().iter().map(|bound| bound.to_bits()));
            9
        }
    };
    for (name, value) in sample.metric.labels.iter().zip(labels) {
        attribute(message, attributes, name, &value.as_str().into());
    }
}
