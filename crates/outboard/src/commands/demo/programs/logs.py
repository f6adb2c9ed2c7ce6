import asyncio
from servers.logs import get_page

pages = await asyncio.gather(*(get_page(page=n) for n in range(1, 31)))
records = [record for page in pages for record in page["records"]]
errors = sum(record["level"] == "ERROR" for record in records)
slowest = max(record["latency_ms"] for record in records)
f"{errors} errors, slowest {slowest} ms"
