hold = []
while True:
    hold.append(bytearray(8 << 20))
