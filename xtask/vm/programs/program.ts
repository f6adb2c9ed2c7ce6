return (await Promise.resolve(6)) * 7;
