"""A learning curve as SVG: loss on the left axis, error on the validation digits on the right, both logarithmic."""

import math

WIDTH, HEIGHT, MARGIN = 720, 400, 60


def svg(title, losses, scores):
    """losses: training loss per epoch; scores: validation accuracy per epoch, 0..1."""
    errors = [max(100 * (1 - score), 0.01) for score in scores]
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif" font-size="12">',
        f"<title>{title}</title>",
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="white"/>',
        f'<text x="{WIDTH / 2}" y="24" text-anchor="middle" font-size="15">{title}</text>',
        *series(losses, "#1f77b4", MARGIN - 6, "end", "{:g}"),
        *series(errors, "#d62728", WIDTH - MARGIN + 6, "start", "{:g} %"),
        f'<text x="{MARGIN}" y="44" fill="#1f77b4">training loss</text>',
        f'<text x="{WIDTH - MARGIN}" y="44" fill="#d62728" text-anchor="end">validation error</text>',
        f'<text x="{WIDTH / 2}" y="{HEIGHT - 16}" text-anchor="middle">epoch (1 to {len(losses)})</text>',
        f'<rect x="{MARGIN}" y="{MARGIN}" width="{WIDTH - 2 * MARGIN}" height="{HEIGHT - 2 * MARGIN}" fill="none" stroke="#888"/>',
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def series(values, colour, label_x, anchor, form):
    """A polyline with the ticks 1, 2, 5 of every decade that it crosses."""
    low, high = math.log10(min(values)), math.log10(max(values))
    span = max(high - low, 1e-9)

    def y(value):
        return HEIGHT - MARGIN - (math.log10(value) - low) / span * (HEIGHT - 2 * MARGIN)

    step = (WIDTH - 2 * MARGIN) / max(len(values) - 1, 1)
    points = " ".join(f"{MARGIN + i * step:.1f},{y(v):.1f}" for i, v in enumerate(values))
    yield f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="1.5"/>'
    for decade in range(math.floor(low), math.ceil(high) + 1):
        for value in (10.0**decade * m for m in (1, 2, 5)):
            if low <= math.log10(value) <= high:
                yield f'<text x="{label_x}" y="{y(value) + 4:.1f}" text-anchor="{anchor}" fill="{colour}">{form.format(value)}</text>'
