const { rows } = await googleDrive.getSheet({ sheetId: "orders" });
const pending = rows.filter((row) => row.status === "pending");
const total = pending.reduce((sum, row) => sum + row.amount, 0);
return `${pending.length} pending orders, total ${total.toFixed(2)}`;
